"""What axe-core finds wrong with a page, in both themes. Its context needs `bypass_csp`."""

from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES = {"type": "tag", "values": RULES}
COLORS_ALONE = {"type": "rule", "values": ["color-contrast"]}


async def offences(page: Page, where: str) -> list[str]:
    """What axe-core finds, each with the first element that it is found at; in the dark as well,
    where colours alone are others.
    """
    if not await page.evaluate("Boolean(window.axe)"):
        await page.add_script_tag(path=AXE)
    firsts = []
    for scheme, asked in (("light", ALL_RULES), ("dark", COLORS_ALONE)):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = await page.evaluate("(runOnly) => axe.run(document, {runOnly})", asked)
        firsts += [(f"{where}, {scheme}", each, each["nodes"][0]) for each in found["violations"]]
    return [
        f"{where}: {each['id']}: {at['html'][:160]} {at['failureSummary']}"
        for where, each, at in firsts
    ]
