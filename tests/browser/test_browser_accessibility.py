"""Everybody can use it: WCAG 2.2 AA as far as axe-core sees it, and every action by keys alone."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.offences import offences
from tests.browser.people import PATIENCE_MS, Person, Stage

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

RICH = {"ops": [{"insert": "a note\n"}]}
WIDGETS: list[dict[str, Any]] = [
    {"type": "text", "title": "Note", "config": {"text": RICH, "backgroundColor": "#27356b"}},
    {
        "type": "chart",
        "title": "Orders",
        "config": {"chartType": "bar", "legend": True},
        "data": {"labels": ["a"], "series": [{"name": "Orders", "values": [1]}]},
    },
    {
        "type": "table",
        "title": "Stock",
        "config": {"columns": [{"key": "a", "title": "Item"}], "backgroundColor": "#fff4cc"},
        "data": {"rows": [{"a": "Loom"}, {"a": 5}]},
    },
    {"type": "image", "title": "Picture", "config": {}},
    {"type": "custom", "title": "Thing", "data": {"value": 1}},
]
PLACED = [
    {**widget, "position": {"x": at % 3 * 4, "y": at // 3 * 5, "width": 4, "height": 5}}
    for at, widget in enumerate(WIDGETS)
]


LISTEN = """
() => {
  window.said = [];
  const line = document.querySelector(".saved");
  const hear = () => said.at(-1) !== line.textContent && said.push(line.textContent);
  new MutationObserver(hear).observe(line, { characterData: true, childList: true, subtree: true });
}
"""


async def test_axe_finds_nothing_wrong_on_any_page(stage: Stage) -> None:
    await stage.prepare(*PLACED)
    await stage.another()
    ann = await stage.enter_quietly(stage.token, bypass_csp=True)
    page = ann.page
    found = await offences(page, "list")
    await ann.open(stage.dashboard_id)
    await page.get_by_role("button", name="Follow editor-").wait_for()
    await ann.widget_called("Note").locator(".ql-editor").click()
    found += await offences(page, "dashboard")
    for name in ("Past versions", "Share"):
        await page.get_by_role("button", name=name).click()
        await page.get_by_role("dialog").wait_for()
        found += await offences(page, name)
        await page.keyboard.press("Escape")
        await page.get_by_role("dialog").wait_for(state="detached")
    await ann.widget_called("Note").get_by_role("button", name="Commands").click()
    found += await offences(page, "menu of a widget")
    await page.get_by_role("menuitem", name="Settings").click()
    found += await offences(page, "settings")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Add a widget").click()
    found += await offences(page, "menu")
    await page.keyboard.press("Escape")
    await page.evaluate("sessionStorage.clear()")
    await page.goto(ann.url)
    await page.get_by_role("button", name="Ann Abara").wait_for()
    found += await offences(page, "the way in")
    assert found == []


async def test_every_action_has_a_way_by_keys(stage: Stage) -> None:
    """Add, settings, duplicate, lock, share: opened, used and left, and the focus comes back."""
    await stage.prepare()
    ann = await stage.owner()
    keys = ann.page.keyboard
    add = ann.page.get_by_role("button", name="Add a widget")
    await add.focus()
    await keys.press("Enter")
    await expect(ann.page.get_by_role("menuitem", name="Text")).to_be_focused()
    await keys.press("End")
    await keys.press("ArrowDown")  # round to the first
    await keys.press("ArrowDown")
    await keys.press("Enter")
    chart = ann.page.locator("[data-widget]")
    await expect(chart).to_be_focused()
    commands = chart.get_by_role("button", name="Commands of the widget")
    await commands.focus()
    await expect(commands).to_have_css("opacity", "1")
    await keys.press("Enter")
    await expect(ann.page.get_by_role("menuitem", name="Settings")).to_be_focused()
    await keys.press("Enter")
    await expect(ann.page.get_by_role("dialog")).to_have_count(1)
    await keys.press("Escape")
    await expect(ann.page.get_by_role("dialog")).to_have_count(0)
    await expect(commands).to_be_focused()
    share = ann.page.get_by_role("button", name="Share")
    await share.focus()
    await keys.press("Enter")
    await expect(ann.page.get_by_role("dialog")).to_have_count(1)
    await keys.press("Escape")
    await expect(share).to_be_focused()


async def test_what_happens_is_said(stage: Stage) -> None:
    [note] = await stage.prepare(PLACED[0])
    ann = await stage.owner()
    await said(ann, "Saved")
    await ann.widget_called("Note").focus()
    await ann.page.keyboard.press("ArrowRight")
    await said(ann, "Column 2, row 1, 4 by 5")
    await stage.another()
    await said(ann, "is here, too")

    await ann.place_cursor(note)
    await ann.page.evaluate(LISTEN)
    await ann.page.keyboard.type("ten keys", delay=60)
    await expect(ann.page.locator(".saved")).to_have_text("Saved")
    assert await ann.page.evaluate("said") == ["Saving…", "Saved"]  # and not with each key


async def said(person: Person, words: str) -> None:
    """By an element that a screen reader reads when it changes."""
    live = person.page.locator("[aria-live=polite], [role=status], [role=alert]")
    await expect(live.filter(has_text=words).first).to_have_count(1)
