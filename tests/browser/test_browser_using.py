"""The live app as people use it: they sign in, find, begin, share, look back, and use the keys."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, expect

from tests.browser.people import PATIENCE_MS, Person, Stage, Valve, until
from tests.cluster.world import RunningSystem
from weft.client.admin import AdminClient

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

PLACE = {"x": 0, "y": 0, "width": 4, "height": 4}
NOTE = {"type": "text", "title": "Note", "position": PLACE, "config": {"text": "a note"}}
PHONE_WIDTH = 390
PHONE: dict[str, Any] = {
    "viewport": {"width": PHONE_WIDTH, "height": 800},
    "has_touch": True,
    "is_mobile": True,
}
IMAGE = {"type": "image", "position": {**PLACE, "x": 4}, "config": {}}


async def test_a_demo_user_signs_in_with_one_click_and_begins_from_a_template(
    system: RunningSystem, browser: Browser
) -> None:
    context = await browser.new_context()
    ann = Person(context, await context.new_page(), system.ready["http"])
    ann.watch()
    page = ann.page
    await page.goto(ann.url)
    await page.get_by_role("button", name="Ann Abara").click()
    await expect(page.locator(".card")).not_to_have_count(0)
    await page.get_by_label("Search dashboards").fill("loom launch")
    await expect(page.locator(".card")).to_have_count(1)
    await page.get_by_role("button", name="New").click()
    title = f"Figures {uuid4().hex[:8]}"
    await page.get_by_label("Title").fill(title)
    await page.get_by_text("Weekly figures").click()
    await page.get_by_role("button", name="Create").click()
    await expect(page.locator("[data-widget]")).to_have_count(3)
    assert await page.get_by_label("Title of the dashboard").input_value() == title
    await page.reload()
    await expect(page.locator("[data-widget]")).to_have_count(3)  # and is still signed in
    await context.close()
    assert ann.faults == []


async def test_a_token_in_the_address_signs_in_and_is_gone_from_it(stage: Stage) -> None:
    await stage.prepare(NOTE)
    ann = await stage.enter_quietly(stage.token)
    await ann.page.evaluate("sessionStorage.clear()")
    await ann.page.goto(f"{ann.url}/d/{stage.dashboard_id}#token={stage.token}")
    await ann.page.locator("[data-widget]").wait_for()
    assert stage.token not in ann.page.url
    await ann.page.goto(f"{ann.url}/#token=not-a-token")
    await expect(ann.page.get_by_role("alert")).not_to_be_empty()
    await ann.page.reload()
    await (
        ann.page.get_by_label("Token of your session")
        .or_(ann.page.get_by_label("Or with a token"))
        .wait_for()
    )  # and is not whoever it was before
    ann.faults.clear()  # the browser tells of the 401


async def test_a_dashboard_is_shared_by_name_and_no_longer(stage: Stage) -> None:
    await stage.prepare(NOTE)
    ann = await stage.owner()
    page = ann.page
    ben_id, ben_token = await stage.system.new_user("ben")
    async with AdminClient(ann.url, ben_token) as ben:
        name = (await ben.users.me()).username
        await page.get_by_role("button", name="Share").click()
        await page.get_by_label("Email or username").fill("nobody-of-this-name")
        await page.get_by_role("button", name="Invite").click()
        await expect(page.locator("dialog .fault")).to_contain_text("Nobody is called")
        await page.get_by_label("Email or username").fill(name)
        await page.get_by_role("button", name="Invite").click()
        line = page.locator(".person-line", has_text="invited")
        await expect(line).to_have_count(1)
        await ben.collaborators.accept(stage.dashboard_id, ben_id)
        await line.get_by_role("combobox").select_option("viewer")
        await expect(page.locator(".person-line", has_text="invited")).to_have_count(0)
        shared = await ben.dashboards.read(stage.dashboard_id)
        assert shared.role == "viewer"
        await page.get_by_label("Everybody with an account may look").check()

        async def is_public() -> bool:
            return (await ben.dashboards.read(stage.dashboard_id)).is_public

        await until(is_public, "it is public")
        await page.locator("dialog").get_by_role("button", name=f"Remove {name}").click()
        await expect(page.locator(".person-line")).to_have_count(1)  # its owner


async def test_a_past_version_is_looked_at_and_brought_back(stage: Stage) -> None:
    await stage.prepare()
    ann = await stage.owner()
    page = ann.page
    await page.get_by_role("button", name="Add a widget").click()
    await page.get_by_role("menuitem", name="Table").click()
    await expect(page.locator("[data-widget]")).to_have_count(1)
    await ann.saved()
    await page.get_by_role("button", name="Past versions").click()
    await page.locator(".version").last.click()
    await expect(page.locator(".version-view h3")).to_have_text("Stage")
    await page.get_by_role("button", name="Bring it back").click()
    await expect(page.locator("[data-widget]")).to_have_count(0)
    await page.keyboard.press("Control+z")
    await expect(page.locator("[data-widget]")).to_have_count(1)
    await ann.saved()
    assert len((await stage.state())["widgets"]) == 1


async def test_keys_move_resize_and_remove_and_undo_brings_back(stage: Stage) -> None:
    note, image = await stage.prepare(NOTE, IMAGE)
    ann, ben = await stage.owner(), await stage.another()
    await ann.widget(note).focus()
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowRight"):
        await ann.page.keyboard.press(key)
    await at(stage, note, x=0, y=2, width=5)
    await ann.page.keyboard.press("Delete")
    await expect(ben.widget(note)).to_have_count(0)
    await ann.page.keyboard.press("Control+z")
    await expect(ben.widget(note)).to_have_count(1)
    assert await ann.widget(image).get_attribute("aria-label") is not None


async def test_law4_who_loses_an_edit_is_told_and_restores_it(stage: Stage) -> None:
    [note] = await stage.prepare(NOTE)
    ben = await stage.another()
    ann = await stage.enter_quietly(stage.token)
    valve = Valve()
    await valve.install(ann.page)
    await ann.open(stage.dashboard_id)
    await ann.widget(note).focus()
    valve.is_shut = True
    await ben.widget(note).focus()
    for _ in range(2):
        await ben.page.keyboard.press("ArrowDown")
    await at(stage, note, y=2)
    await ann.page.keyboard.press("ArrowDown")  # and has not seen his
    await at(stage, note, y=1)
    valve.open()
    notice = ben.page.locator('.notice[data-loss="superseded"]')
    await expect(notice).to_contain_text("has set the place of “Note” after you.Yours: row 3")
    assert await ben.state() == "conflict"
    await ben.page.get_by_role("button", name="Restore mine").click()
    await at(stage, note, y=2)
    await expect(ben.page.locator(".notice")).to_have_count(0)
    await asyncio.gather(ann.saved(), ben.saved())
    assert await ann.box(note) == await ben.box(note)


async def at(stage: Stage, widget_id: str, **wanted: int) -> None:
    """Wait until the widget is there in the database."""

    async def is_there() -> bool:
        position = (await stage.widget_in_database(widget_id))["position"]
        return all(position[key] == value for key, value in wanted.items())

    await until(is_there, f"it is at {wanted}")


async def test_a_locked_widget_is_nobodys_to_change(stage: Stage) -> None:
    [note] = await stage.prepare(NOTE)
    ann, ben = await stage.owner(), await stage.another()
    await ann.widget(note).hover()
    await ann.widget(note).get_by_role("button", name="Commands of the widget").click()
    await ann.page.get_by_role("menuitem", name="Lock").click()
    for person in (ann, ben):
        await expect(person.editor(note)).to_have_attribute("contenteditable", "false")
        await person.widget(note).focus()
        await person.page.keyboard.press("ArrowRight")
        await person.page.keyboard.press("Delete")
    await asyncio.gather(ann.saved(), ben.saved())
    assert (await stage.widget_in_database(note))["position"]["x"] == 0
    await ben.widget(note).hover()
    await ben.widget(note).get_by_role("button", name="Commands of the widget").click()
    assert await ben.page.get_by_role("menuitem", name="Unlock").count() == 0


async def test_law8_who_is_here_and_where_is_seen_and_goes_with_them(stage: Stage) -> None:
    [note] = await stage.prepare({**NOTE, "config": {"text": {"ops": [{"insert": "🙂 a note\n"}]}}})
    ann, ben = await stage.owner(), await stage.another()
    roster = ann.page.get_by_role("group", name="Here too: editor-")
    await expect(roster).to_be_visible()
    await ben.place_cursor(note)
    caret = ann.widget(note).locator(".caret")
    await expect(caret.locator(".name-flag.below")).to_contain_text("editor-")  # not cut off above
    before = await caret.bounding_box()
    await ben.page.keyboard.type(" 👍!")
    await expect(ann.editor(note)).to_contain_text("🙂 a note 👍!")

    async def has_moved() -> bool:
        now = await caret.bounding_box()
        return bool(now and before and now["x"] > before["x"])

    await until(has_moved, "the caret goes along with what is typed")
    await ben.page.keyboard.press("Control+A")
    await expect(ann.widget(note).locator(".selected-text")).not_to_have_count(0)
    await ann.place_cursor(note, "Home")
    await ann.page.keyboard.type("Ann: ")
    await expect(ben.editor(note)).to_contain_text("Ann: 🙂")
    before = await caret.bounding_box()
    await ben.page.mouse.move(500, 300)
    await expect(ann.page.locator(".pointer")).to_have_count(1)
    assert await caret.bounding_box() == before  # not told anew where it was before Ann typed
    await ben.context.close()
    await expect(roster).to_have_count(0)
    for trace in (".caret", ".pointer", ".visited"):
        await expect(ann.page.locator(trace)).to_have_count(0)


async def test_a_phone_shows_one_column_in_reading_order(stage: Stage) -> None:
    note, image = await stage.prepare(NOTE, IMAGE)
    ann = await stage.enter(stage.token, **PHONE)
    await ann.editor(note).wait_for()
    above, below = await ann.box(note), await ann.box(image)
    assert above["x"] == below["x"]
    assert above["y"] + above["height"] <= below["y"]
    assert await ann.page.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH
    await ann.editor(note).tap()
    await ann.page.keyboard.type("!")
    await ann.saved()
    await ann.page.set_viewport_size({"width": PHONE_WIDTH, "height": 300})
    ben = await stage.another()
    await ben.widget(image).focus()
    await expect(ann.widget(image)).not_to_be_in_viewport(ratio=1)

    async def is_reached() -> bool:  # once it is known where Ben is
        await ann.page.get_by_role("button", name="Go to editor-").tap()
        shown = await ann.box(image)
        return shown["y"] >= 0 and shown["y"] + shown["height"] <= 300

    await until(is_reached, "a touch on Ben leads to what he has in hand")


async def test_a_phone_has_buttons_to_undo_and_redo(stage: Stage) -> None:
    """It has no keys for them. There is room for all of the bar, when others are here, too."""
    [note] = await stage.prepare(NOTE, title="The figures of this quarter")
    ann = await stage.enter(stage.token, **PHONE)
    await stage.another()
    await ann.page.get_by_role("button", name="Go to editor-").wait_for()
    undo, redo = (ann.page.get_by_role("button", name=name) for name in ("Undo", "Redo"))
    await expect(undo).to_be_disabled()
    await expect(redo).to_be_disabled()
    await ann.editor(note).tap()
    await ann.page.keyboard.type("!")
    written = await ann.text(note)
    await undo.tap()
    await expect(ann.editor(note)).to_have_text("a note")
    await expect(undo).to_be_disabled()
    await redo.tap()
    await expect(ann.editor(note)).to_have_text(written)
    await expect(redo).to_be_disabled()
    for name in ("Past versions", "Share", "Add a widget"):
        await expect(ann.page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert await ann.page.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH
    title = await ann.page.get_by_label("Title of the dashboard").bounding_box()
    assert title is not None
    assert title["width"] >= PHONE_WIDTH / 2
    await ann.saved()


async def test_what_does_not_exist_says_so(stage: Stage) -> None:
    await stage.prepare()
    ann = await stage.enter_quietly(stage.token)
    await ann.page.goto(f"{ann.url}/d/{UUID(int=7)}")
    await expect(ann.page.get_by_role("alert")).to_contain_text("Not open to you")
    await ann.page.get_by_role("link", name="All dashboards").click()
    await ann.page.locator(".home").wait_for()
