"""Law 4 on the screen: two people in two browsers end with what is in the database."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.agreement import same_text
from tests.browser.people import PATIENCE_MS, Stage, plain, until

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

PLACE = {"x": 0, "y": 0, "width": 6, "height": 5}
TEXT = {"type": "text", "position": PLACE, "config": {"text": {"ops": [{"insert": "Start 🙂\n"}]}}}
TABLE = {
    "type": "table",
    "position": {"x": 6, "y": 0, "width": 6, "height": 8},
    "config": {"columns": [{"key": "a", "title": "A"}, {"key": "b", "title": "B"}]},
    "data": {"rows": [{"a": "one", "b": 1}, {"a": "two", "b": 2}]},
}


async def test_law4_two_people_type_at_the_same_place(stage: Stage) -> None:
    [text] = await stage.prepare(TEXT)
    ann, ben = await stage.owner(), await stage.another()
    for person in (ann, ben):
        await person.place_cursor(text)
    await asyncio.gather(
        ann.page.keyboard.type("<ann writes this>", delay=5),
        ben.page.keyboard.type("<ben 👍 that>", delay=5),
    )
    seen = await same_text(stage, text, ann, ben)
    assert seen.startswith("Start 🙂")
    assert "<ann writes this>" in seen
    assert "<ben 👍 that>" in seen


async def test_law4_formats_and_typing_meet(stage: Stage) -> None:
    [text] = await stage.prepare(TEXT)
    ann, ben = await stage.owner(), await stage.another()
    await ann.place_cursor(text)
    await ben.place_cursor(text)
    await ann.page.keyboard.press("Control+A")
    await asyncio.gather(ann.page.keyboard.press("Control+B"), ben.page.keyboard.type("!", delay=5))
    assert await same_text(stage, text, ann, ben) == "Start 🙂!"
    for person in (ann, ben):
        assert await person.editor(text).locator("strong").inner_text() == "Start 🙂"


async def test_law4_two_people_drag_the_same_widget(stage: Stage) -> None:
    [text, other] = await stage.prepare(TEXT, {**TEXT, "position": {**PLACE, "y": 6}})
    ann, ben = await stage.owner(), await stage.another()
    for person, to in ((ann, 240), (ben, 360)):
        box = await person.box(text)
        await person.page.mouse.move(box["x"] + 60, box["y"] + 12)
        await person.page.mouse.down()
        await person.page.mouse.move(box["x"] + 60 + to, box["y"] + 12, steps=4)
    await asyncio.gather(ann.page.mouse.up(), ben.page.mouse.up())

    async def agreed() -> bool:
        stored = (await stage.widget_in_database(text))["position"]
        left = stored["x"] * (await ann.page.locator(".grid").bounding_box() or {})["width"] / 12
        boxes = [await person.box(text) for person in (ann, ben)]
        return stored["x"] > 0 and boxes[0] == boxes[1] and abs(boxes[0]["x"] - 16 - left) < 16

    await until(agreed, "the widget is in one place")
    assert (await ann.box(other))["y"] > (await ann.box(text))["y"]


async def test_law4_rows_and_cells_merge(stage: Stage) -> None:
    [table] = await stage.prepare(TABLE)
    ann, ben = await stage.owner(), await stage.another()
    await ann.widget(table).get_by_role("button", name="Add row").wait_for()
    cell = ben.widget(table).get_by_label("B, row 2")
    await cell.fill("22")  # and stays in it, while the row above goes
    rows = ann.widget(table).locator("tbody tr")
    await rows.nth(1).locator("td.occupied .name-flag").wait_for()  # Ann sees who is in it
    await ann.widget(table).get_by_label("A, row 1").fill("first")
    await ann.widget(table).get_by_role("button", name="Remove row 1").click()
    await rows.nth(0).locator("td.occupied .name-flag").wait_for()
    await ben.page.mouse.move(300, 300)
    await ann.page.locator(".pointer").wait_for()  # told with where he is: in the same cell
    assert await rows.nth(0).locator("td.occupied").count() == 1
    await ann.widget(table).get_by_role("button", name="Add row").click()
    await ann.saved()
    await ben.widget(table).locator("tbody tr").nth(1).wait_for()
    await ben.page.keyboard.press("Tab")
    await asyncio.gather(ann.saved(), ben.saved())

    async def agreed() -> bool:
        rows = (await stage.widget_in_database(table))["data"]["rows"]
        stored = [[str(row.get(key, "")) for key in "ab"] for row in rows]
        return await ann.cells(table) == await ben.cells(table) == stored

    await until(agreed, "all see the rows of the database")
    assert await ann.cells(table) == [["two", "22"], ["", ""]]


async def test_enter_in_a_cell_commits_its_value_once(stage: Stage) -> None:
    """The key leads to the next row, and the cell that is left commits: not the key as well."""
    [table] = await stage.prepare(TABLE)
    ann = await stage.owner()
    await ann.widget(table).get_by_label("B, row 1").fill("11")
    await ann.page.keyboard.press("Enter")
    await expect(ann.widget(table).get_by_label("B, row 2")).to_be_focused()
    await ann.saved()
    async with stage.system.admin() as admin:
        log = [each async for each in admin.history.operations(stage.dashboard_id)]
    edits = [operation for each in log for operation in each.operations]
    set_to = [edit["value"] for edit in edits if edit.get("path") == ["data", "rows", "0", "b"]]
    assert set_to == [11]


async def test_law2_offline_and_back(stage: Stage) -> None:
    [text] = await stage.prepare(TEXT)
    ann, ben = await stage.owner(), await stage.another()
    await ann.place_cursor(text)
    await ann.context.set_offline(True)
    await ann.page.locator(".offline-banner").wait_for()
    await ann.page.keyboard.type(" from the tunnel")
    assert await ann.state() == "offline"
    assert "kept here will be sent" in await ann.page.locator(".offline-banner").inner_text()
    await ben.place_cursor(text, "Home")
    await ben.page.keyboard.type("Above. ")
    await ben.saved()
    await ann.context.set_offline(False)
    assert await same_text(stage, text, ann, ben) == "Above. Start 🙂 from the tunnel"


async def test_law6_a_viewer_looks_and_cannot_touch(stage: Stage) -> None:
    [text, table] = await stage.prepare(TEXT, TABLE)
    viewer = await stage.another("viewer")
    await viewer.editor(text).wait_for()
    assert await viewer.page.get_by_text("View only").is_visible()
    assert await viewer.page.get_by_role("button", name="Add a widget").count() == 0
    assert await viewer.editor(text).get_attribute("contenteditable") == "false"
    assert await viewer.widget(table).locator("tbody input").count() == 0
    before = await viewer.box(text)
    await viewer.page.mouse.move(before["x"] + 60, before["y"] + 12)
    await viewer.page.mouse.down()
    await viewer.page.mouse.move(before["x"] + 400, before["y"] + 12, steps=3)
    await viewer.page.mouse.up()
    await viewer.widget(text).focus()
    await viewer.page.keyboard.press("ArrowRight")
    await viewer.page.keyboard.press("Delete")
    assert await viewer.box(text) == before
    assert plain((await stage.widget_in_database(text))["config"]["text"]) == "Start 🙂\n"
