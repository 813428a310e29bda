"""What feeds give and where people look: on the screen as it comes, and never in the document."""

import asyncio

import pytest
from playwright.async_api import expect

import weft
from tests.browser.people import PATIENCE_MS, Stage, until
from tests.cluster.world import PATIENCE_SECONDS

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

PLACE = {"x": 0, "y": 0, "width": 6, "height": 5}
TABLE = {
    "type": "table",
    "position": PLACE,
    "config": {"columns": [{"key": "city", "title": "City"}]},
    "data": {"rows": [{"city": "held"}]},
}
CHART = {
    "type": "chart",
    "position": {**PLACE, "x": 6},
    "config": {"chartType": "line"},
    "data": {"labels": ["a"], "series": [{"name": "Orders", "values": [1]}]},
}
FAR = {"type": "text", "title": "Far", "position": {**PLACE, "y": 60}, "config": {"text": "far"}}


async def test_law9_what_is_fed_is_shown_as_it_comes_and_is_nobodys_to_edit(stage: Stage) -> None:
    table, chart = await stage.prepare(TABLE, CHART)
    ann = await stage.owner()
    canvas = ann.widget(chart).locator("canvas")
    await expect(canvas).to_have_attribute("aria-label", "line chart. Orders, a: 1")
    async with weft.connect(stage.system.ready["ws"], stage.token) as client:
        board = await client.join(stage.dashboard_id)
        for number in range(3):
            board.feed(table, {"rows": [{"city": f"Porto {number}"}, {"city": "Faro"}]})
            series = [{"name": "Orders", "values": [number, 7]}]
            board.feed(chart, {"labels": ["b", "c"], "series": series})
        await expect(ann.widget(table).locator("tbody")).to_contain_text("Porto 2")
        await expect(canvas).to_have_attribute("aria-label", "line chart. Orders, b: 2, c: 7")
        await expect(ann.widget(table).locator(".live-mark")).to_have_text("Live")
        assert await ann.widget(table).locator("input:not(.widget-title)").count() == 0
        ben = await stage.another()  # who comes later sees the latest
        await expect(ben.widget(table).locator("tbody")).to_contain_text("Porto 2")
        assert board.document.value_at(table, ["data"]) == TABLE["data"]
        await board.saved(PATIENCE_SECONDS)
    kept = await stage.widget_in_database(table)
    assert kept["data"] == TABLE["data"]


async def test_what_is_fed_or_edited_draws_its_own_widget_and_no_other(stage: Stage) -> None:
    table, chart = await stage.prepare(TABLE, CHART)
    ann = await stage.owner()
    await ann.widget(chart).locator("canvas").wait_for()
    await ann.page.evaluate(
        """(id) => {
          window.changed = 0;
          const note = (records) => { window.changed += records.filter(({target}) =>
            !(target instanceof Element ? target : target.parentElement)
              .closest(`[data-widget="${id}"]`)).length; };
          new MutationObserver(note).observe(document.body,
            {subtree: true, childList: true, attributes: true, characterData: true});
        }""",
        table,
    )
    async with weft.connect(stage.system.ready["ws"], stage.token) as client:
        board = await client.join(stage.dashboard_id)
        await expect(ann.page.get_by_role("group", name="Here too")).to_have_count(1)
        await asyncio.sleep(0)
        before = await ann.page.evaluate("window.changed")
        for number in range(20):
            board.feed(table, {"rows": [{"city": f"Porto {number}"}]})
        await expect(ann.widget(table).locator("tbody")).to_contain_text("Porto 19")
        for number in range(20):
            board.set(table, "title", f"Cities {number}")
        await expect(ann.widget_called("Cities 19")).to_have_count(1)
        assert await ann.page.evaluate("window.changed") == before


async def test_the_demo_moves_a_chart_while_somebody_looks(stage: Stage) -> None:
    ann = await stage.enter_demo("Ann Abara", "Aurora, week 47")
    chart = ann.page.locator("[data-widget]", has=ann.page.locator(".live-mark"))
    await expect(chart.locator(".live-mark")).to_have_text("Live")
    await ann.page.evaluate("Date.now = () => 2 ** 42")  # this machine's clock is wrong
    canvas = chart.locator("canvas")
    first = await canvas.get_attribute("aria-label")

    async def has_moved() -> bool:
        return await canvas.get_attribute("aria-label") != first

    await until(has_moved, "the chart moves")
    await expect(chart.locator(".live-mark")).to_have_text("Live")


async def test_law8_where_others_look_is_seen_and_can_be_gone_along_with(stage: Stage) -> None:
    _, _, far = await stage.prepare(TABLE, CHART, FAR)
    ann, ben = await stage.owner(), await stage.another()
    follow = ann.page.get_by_role("button", name="Follow editor-")
    await expect(ann.page.locator(".edge-mark")).to_have_count(1)
    await follow.click()
    await expect(ann.page.locator(".follow-pill")).to_contain_text("Following editor-")
    await ben.widget(far).scroll_into_view_if_needed()
    await expect(ann.widget(far)).to_be_in_viewport()
    await ann.page.keyboard.press("Escape")
    await expect(ann.page.locator(".follow-frame")).to_have_count(0)
    await ann.page.evaluate("scrollTo(0, 0)")
    await ben.page.evaluate("scrollTo(0, 0)")
    await ben.widget(far).scroll_into_view_if_needed()
    await expect(ben.widget(far)).to_be_in_viewport()
    assert await ann.page.evaluate("scrollY") == 0  # no more
    await ben.context.close()
    await expect(ann.page.locator(".edge-mark")).to_have_count(0)
