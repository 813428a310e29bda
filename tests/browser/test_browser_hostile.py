"""Law 7 in a browser: whatever a dashboard holds, none of it runs, and no prototype is changed."""

from typing import Any

import pytest

import weft
from tests.browser.people import Stage
from tests.cluster.world import PATIENCE_SECONDS

pytestmark = pytest.mark.cluster

RUNS = "window.hasRun = true"
SCRIPT = f"<img src=x onerror='{RUNS}'><script>{RUNS}</script><svg onload='{RUNS}'>"
ADDRESSES = [
    f"javascript:{RUNS}",
    f"data:text/html,<script>parent.{RUNS}</script>",
    f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUNS}'/>",
    f'https://x.invalid/" onerror="{RUNS}',
]
DELTA = {
    "ops": [
        {"insert": SCRIPT, "attributes": {"link": ADDRESSES[0], "class": "x", "style": "x"}},
        {"insert": {"image": ADDRESSES[0]}},
        {"insert": {"video": ADDRESSES[1]}},
        {"insert": {"formula": SCRIPT}},
        {"insert": "\n", "attributes": {"list": SCRIPT, "header": SCRIPT}},
    ]
}


GIVEN_ADDRESSES = """
() => [...document.querySelectorAll("[data-widget] *")]
  .flatMap((each) => ["src", "href", "poster", "data"].map((name) => each.getAttribute(name)))
  .filter((address) => address !== null)
"""
SMUGGLE = """
(runs) => new Promise((done) => {
  let stopped = 0;
  addEventListener("securitypolicyviolation", () => (stopped += 1) === 2 && done(stopped));
  const smuggled = document.createElement("div");
  smuggled.innerHTML = `<img src="x:" onerror="${runs}">`;
  const script = document.createElement("script");
  script.textContent = runs;
  document.body.append(smuggled, script);
})
"""


def hostile_widgets() -> list[dict[str, Any]]:
    rows = [{"a": SCRIPT, "hasOwnProperty": SCRIPT, "toString": "x"}, "no row", 5, None]
    columns = [{"key": "a", "title": SCRIPT}, {"key": "toString"}]
    contents: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("text", {"text": DELTA, "fontSize": SCRIPT, "align": SCRIPT}, {}),
        ("text", {"text": SCRIPT}, {}),
        ("text", {"text": 5}, {}),
        ("table", {"columns": columns}, {"rows": rows}),
        ("table", {"columns": SCRIPT}, {"rows": SCRIPT}),
        ("chart", {"chartType": SCRIPT, "legend": SCRIPT}, {"labels": [SCRIPT, {}], "series": [
            {"name": SCRIPT, "values": [1, SCRIPT, {}]}, "none"]}),
        ("chart", {"xAxis": SCRIPT, "yAxis": {"min": SCRIPT}}, {"labels": 5, "series": {}}),
        (SCRIPT[:100], {"x": SCRIPT}, {"y": SCRIPT}),
        ("toString", {}, {}),
        ("hasOwnProperty", {}, {}),
    ]  # fmt: skip
    contents += [
        (kind, {"url": url, "poster": url, "alt": SCRIPT, "fit": SCRIPT}, {})
        for kind in ("image", "video", "embed")
        for url in ADDRESSES
    ]
    return [
        {
            "type": kind,
            "title": SCRIPT,
            "config": {**config, "backgroundColor": f"url({ADDRESSES[0]})"},
            "data": data,
            "position": {"x": number % 4 * 3, "y": number // 4 * 3, "width": 3, "height": 3},
        }
        for number, (kind, config, data) in enumerate(contents)
    ]


async def test_law7_nothing_that_a_dashboard_holds_runs(stage: Stage) -> None:
    await stage.prepare(title=SCRIPT)
    widgets = hostile_widgets()
    async with weft.connect(stage.system.ready["ws"], stage.token) as client:
        board = await client.join(stage.dashboard_id)
        for widget in widgets:  # over the socket, where content is not checked by type
            board.add_widget(widget)
        board.set(None, ["description"], SCRIPT)
        await board.saved(PATIENCE_SECONDS)

    ann = await stage.owner()
    page = ann.page
    await page.locator("[data-widget]").nth(len(widgets) - 1).wait_for()
    for widget in await page.locator("[data-widget]").all():
        await widget.scroll_into_view_if_needed()
        await widget.locator(".widget-body > *").first.wait_for()
        await widget.get_by_role("button", name="Commands of the widget").click()
        await page.get_by_role("menuitem", name="Settings").click()
        await page.get_by_role("dialog").wait_for()
        await page.keyboard.press("Escape")
        await page.get_by_role("dialog").wait_for(state="detached")
    await page.get_by_role("button", name="Past versions").click()
    await page.locator(".version").first.click()
    await page.locator(".version-view h3").wait_for()
    await page.goto(f"{ann.url}/")
    await page.locator(".card").first.wait_for()
    assert await page.evaluate("window.hasRun") is None
    assert (
        await page.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length")
        == 0
    )


async def test_law7_hostile_addresses_are_given_to_no_element(stage: Stage) -> None:
    await stage.prepare()
    async with weft.connect(stage.system.ready["ws"], stage.token) as client:
        board = await client.join(stage.dashboard_id)
        for widget in hostile_widgets():
            board.add_widget(widget)
        await board.saved(PATIENCE_SECONDS)
    ann = await stage.owner()
    for widget in await ann.page.locator("[data-widget]").all():
        await widget.scroll_into_view_if_needed()
        await widget.locator(".widget-body > *").first.wait_for()
    addresses = await ann.page.evaluate(GIVEN_ADDRESSES)
    assert addresses == []
    assert await ann.page.locator("iframe, object, embed, [onerror], [onload]").count() == 0


async def test_law7_a_page_from_the_web_is_embedded_without_our_origin(stage: Stage) -> None:
    place = {"x": 0, "y": 0, "width": 6, "height": 6}
    url = "https://embedded.invalid/page"
    await stage.prepare({"type": "embed", "position": place, "config": {"url": url}})
    ann = await stage.enter_quietly(stage.token)
    await ann.page.route("https://embedded.invalid/**", lambda route: route.fulfill(
        content_type="text/html",
        body="<script>try { parent.document.title = 'reached' } catch { }</script>seen",
    ))  # fmt: skip
    await ann.open(stage.dashboard_id)
    frame = ann.page.locator("iframe")
    assert "allow-same-origin" not in str(await frame.get_attribute("sandbox"))
    await ann.page.frame_locator("iframe").get_by_text("seen").wait_for()
    assert await ann.page.title() == "Stage · Weft"


async def test_law7_the_policy_stops_what_is_smuggled_into_the_page(stage: Stage) -> None:
    """As if a hole had been found: an element with a handler, a script, an eval."""
    await stage.prepare()
    ann = await stage.owner()
    assert await ann.page.evaluate(SMUGGLE, RUNS) == 2
    assert await ann.page.evaluate("window.hasRun") is None
    assert any("Content Security Policy" in fault for fault in ann.faults)
    ann.faults.clear()
