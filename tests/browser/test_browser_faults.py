"""Laws 3, 4 and 6 in browsers, while tabs close, rights end, and processes are killed.

In each, people type while it happens, and end with what the database holds; no word of theirs is
lost or comes twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from playwright.async_api import Locator, expect

import weft
from tests.browser.agreement import same_text
from tests.browser.offences import offences
from tests.browser.people import PATIENCE_MS, Person, Stage, Valve, plain, until
from tests.cluster.world import PATIENCE_SECONDS, TEXT
from weft import Board
from weft.client.admin import AdminClient
from weft.models import CollaboratorPatch, SessionCreate

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

PLACE = {"x": 0, "y": 0, "width": 6, "height": 5}
OPENING = "Start 🙂"
TEXT_AT_FIRST = {"ops": [{"insert": f"{OPENING}\n"}]}
NOTE = {"type": "text", "position": PLACE, "config": {"text": TEXT_AT_FIRST}}


async def type_words(person: Person, name: str, numbers: range) -> None:
    for number in numbers:
        await person.page.keyboard.type(f"<{name}{number}>", delay=2)


def words(text: str) -> list[str]:
    return sorted(text.removeprefix(OPENING).replace("><", ">\n<").splitlines())


def written(name: str, numbers: range) -> list[str]:
    return [f"<{name}{number}>" for number in numbers]


@asynccontextmanager
async def python_editor(stage: Stage) -> AsyncIterator[Board]:
    async with weft.connect(stage.system.ready["ws"], stage.token) as client:
        yield await client.join(stage.dashboard_id)


async def type_in_python(board: Board, widget: str, name: str, numbers: range) -> None:
    """Right behind the opening words: at the end, somebody may be in the middle of a word."""
    for number in numbers:
        board.insert(widget, TEXT, len(OPENING), f"<{name}{number}>")
        await board.saved(PATIENCE_SECONDS)


# --- tabs -----------------------------------------------------------------------------------------


async def test_law3_a_tab_closed_with_unsent_edits_is_gone_on_with_in_the_next(
    stage: Stage,
) -> None:
    [note] = await stage.prepare(NOTE)
    ann, ben = await stage.owner(), await stage.another()
    await ann.place_cursor(note)
    await ann.context.set_offline(True)
    await ann.page.locator(".offline-banner").wait_for()
    await type_words(ann, "ann", range(4))
    await expect(ann.page.locator(".saved")).to_contain_text("to send")
    await stored(ann, "<ann3>")
    await ann.page.close()
    await ben.place_cursor(note, "Home")
    await ben.page.keyboard.type("<ben0>")
    await ben.saved()
    await ann.context.set_offline(False)
    await ann.new_tab(stage.dashboard_id)
    seen = await same_text(stage, note, ann, ben)
    assert seen == f"<ben0>{OPENING}<ann0><ann1><ann2><ann3>"
    await ann.new_tab(stage.dashboard_id)  # nothing is left to be sent again
    await ann.place_cursor(note)
    await ann.page.keyboard.type("!")
    assert await same_text(stage, note, ann, ben) == f"{seen}!"


async def test_law3_a_tab_closed_before_its_acknowledgement_came_commits_once(
    stage: Stage,
) -> None:
    """What was in flight has committed, which the closed tab never heard."""
    [note] = await stage.prepare(NOTE)
    ben = await stage.another()
    ann = await stage.enter_quietly(stage.token)
    valve = Valve()
    await valve.install(ann.page)
    await ann.open(stage.dashboard_id)
    await ann.place_cursor(note)
    valve.is_shut = True
    await type_words(ann, "ann", range(3))
    await ben.page.get_by_text("<").first.wait_for()  # the first of it has been committed
    assert await ann.state() == "saving"
    await stored(ann, "<ann2>")
    await ann.page.close()
    await ann.new_tab(stage.dashboard_id)
    assert await same_text(stage, note, ann, ben) == f"{OPENING}<ann0><ann1><ann2>"


async def test_law3_a_second_tab_leaves_the_unsent_edits_of_the_first_to_it(stage: Stage) -> None:
    """Another tab on the same dashboard is a replica of its own, while the first one lives."""
    [note] = await stage.prepare(NOTE)
    ann = await stage.owner()
    first = ann.page
    await ann.new_tab(stage.dashboard_id)
    second = ann.page
    await ann.context.set_offline(True)
    for number, page in enumerate((first, second)):
        ann.page = page
        await page.bring_to_front()
        await page.locator(".offline-banner").wait_for()
        await ann.place_cursor(note)
        await type_words(ann, f"tab{number}-", range(2))
        await stored(ann, f"<tab{number}-1>")
    await first.close()
    await ann.context.set_offline(False)
    await ann.new_tab(stage.dashboard_id)  # takes what the first has left, and only that
    second_tab = Person(ann.context, second, ann.url)
    seen = await same_text(stage, note, ann, second_tab)
    assert words(seen) == written("tab0-", range(2)) + written("tab1-", range(2))


async def test_law3_what_a_session_that_ended_has_left_is_sent_after_the_next_sign_in(
    stage: Stage,
) -> None:
    """In the same tab, which is not loaded again: the page still holds what it had not sent."""
    [note] = await stage.prepare(NOTE)
    ben = await stage.another()
    await ben.place_cursor(note)
    await ben.context.set_offline(True)
    await ben.page.locator(".offline-banner").wait_for()
    await type_words(ben, "ben", range(2))
    await stored(ben, "<ben1>")
    async with AdminClient(ben.url, ben.token) as own:
        await own.sessions.end((await own.sessions.current()).id)
    assert ben.user_id is not None
    async with stage.system.admin() as admin:
        ben.token = (await admin.sessions.open(SessionCreate(user_id=ben.user_id))).token
    await ben.context.set_offline(False)
    await expect(ben.page.get_by_role("alert")).to_contain_text("session has ended")
    await ben.page.locator("#token").fill(ben.token)
    await ben.page.get_by_role("button", name="Sign in").click()
    await ben.editor(note).wait_for()
    assert await same_text(stage, note, ben) == f"{OPENING}<ben0><ben1>"
    [ended] = ben.faults  # said on the console, too
    assert "Your session has ended" in ended
    ben.faults.clear()


async def test_law2_the_list_tells_of_edits_that_a_closed_tab_has_left_unsent(
    stage: Stage,
) -> None:
    [note] = await stage.prepare(NOTE)
    ann = await stage.enter(stage.token, bypass_csp=True)  # for axe
    left = await leave_unsent(ann, note, "<ann0>")
    await left.get_by_role("button", name="Discard").click()
    await ann.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(left).to_have_count(0)
    await ann.open(stage.dashboard_id)
    await ann.editor(note).wait_for()
    left = await leave_unsent(ann, note, "<ann1>")
    await expect(left).to_contain_text("Unsent edits to Stage wait on this device")
    assert await offences(ann.page, "list with unsent edits") == []
    await left.get_by_role("link", name="Open to send").click()
    await ann.editor(note).wait_for()
    assert await same_text(stage, note, ann) == f"{OPENING}<ann1>"
    await ann.page.close()
    left = await at_the_list(ann)
    await expect(ann.page.locator(".card")).to_have_count(1)
    await expect(left).to_have_count(0)


async def leave_unsent(person: Person, note: str, words: str) -> Locator:
    """Closes the tab, and tells what the list says in another."""
    await person.context.set_offline(True)
    await person.page.locator(".offline-banner").wait_for()
    await person.place_cursor(note)
    await person.page.keyboard.type(words)
    await stored(person, words)
    await person.page.close()
    await person.context.set_offline(False)
    return await at_the_list(person)


async def at_the_list(person: Person) -> Locator:
    """The lines of what is unsent."""
    person.page = await person.context.new_page()
    person.watch()
    await person.sign_in()
    return person.page.get_by_role("list", name="Unsent edits").get_by_role("listitem")


async def stored(person: Person, end: str) -> None:
    """Wait until IndexedDB holds an edit that ends so: from then on the tab may go."""
    look = """
    async (end) => {
      for (const { name } of await indexedDB.databases()) {
        const open = indexedDB.open(name);
        await new Promise((resolve) => (open.onsuccess = resolve));
        const all = open.result.transaction("replicas").objectStore("replicas").getAll();
        await new Promise((resolve) => (all.onsuccess = resolve));
        open.result.close();
        const text = JSON.stringify(all.result.map(({ pending }) => pending));
        if (text.includes(end)) return true;
      }
      return false;
    }
    """

    async def is_stored() -> bool:
        return bool(await person.page.evaluate(look, end))

    await until(is_stored, f"{end} is stored in the browser")


# --- rights ---------------------------------------------------------------------------------------


async def test_law6_an_editor_who_becomes_a_viewer_while_typing_is_told(stage: Stage) -> None:
    [note] = await stage.prepare(NOTE)
    ann, ben = await stage.owner(), await stage.another()
    await ben.place_cursor(note)
    typing = asyncio.create_task(type_words(ben, "ben", range(60)))
    await ann.page.get_by_text("<ben3>").wait_for()
    assert ben.user_id is not None
    async with stage.system.admin() as admin:
        demoted = CollaboratorPatch(role="viewer")
        await admin.collaborators.change(stage.dashboard_id, ben.user_id, demoted)
    await ben.page.get_by_text("View only").wait_for()
    await expect(ben.editor(note)).to_have_attribute("contenteditable", "false")
    await typing
    dismiss = ben.page.get_by_role("button", name="Dismiss")
    while told := await dismiss.count():  # edits on their way were refused, which ben is told
        await dismiss.first.click()
        await expect(dismiss).not_to_have_count(told)
    seen = await same_text(stage, note, ann, ben)
    assert seen.startswith(f"{OPENING}<ben0><ben1><ben2><ben3>")
    assert "<ben59>" not in seen


async def test_law6_who_is_removed_while_typing_sees_that_it_is_closed(stage: Stage) -> None:
    [note] = await stage.prepare(NOTE)
    ann, ben = await stage.owner(), await stage.another()
    await ben.place_cursor(note)
    typing = asyncio.create_task(type_words(ben, "ben", range(60)))
    await ann.page.get_by_text("<ben3>").wait_for()
    assert ben.user_id is not None
    async with stage.system.admin() as admin:
        await admin.collaborators.remove(stage.dashboard_id, ben.user_id)
    await expect(ben.page.get_by_role("alert")).to_contain_text("Not open to you")
    await typing
    seen = await same_text(stage, note, ann)
    assert "<ben59>" not in seen
    await ben.page.get_by_role("link", name="All dashboards").click()
    await ben.page.locator(".home").wait_for()


# --- processes ------------------------------------------------------------------------------------


async def edit_while(stage: Stage, names: list[str], strike: Callable[[], Awaitable[None]]) -> None:
    """Browsers and a Python client type at one place, and something is killed."""
    [note] = await stage.prepare(NOTE)
    people = [await stage.owner(), *[await stage.another() for _ in names[1:]]]
    for person in people:
        await person.place_cursor(note)
    before, during = range(3), range(3, 15)
    async with python_editor(stage) as board:
        for person, name in zip(people, names, strict=True):
            await type_words(person, name, before)
            await person.saved()
        typing = [
            type_words(person, name, during) for person, name in zip(people, names, strict=True)
        ]
        await asyncio.gather(*typing, type_in_python(board, note, "python", during), strike())
        seen = await same_text(stage, note, *people)
        expected = [each for name in names for each in written(name, range(15))]
        assert words(seen) == sorted(expected + written("python", during))
        length = len(seen) + 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(plain(board.document.value_at(note, tuple(TEXT)))) != length:
                await anext(board.changes())
        assert plain(board.document.value_at(note, tuple(TEXT))) == f"{seen}\n"
    await asyncio.to_thread(stage.system.verify)


async def test_law3_the_owner_is_killed_while_three_browsers_and_python_type(stage: Stage) -> None:
    strike = partial(asyncio.to_thread, stage.system.kill_actor, "Owner")
    await edit_while(stage, ["ann", "ben", "cem"], strike)


async def test_law3_the_gateway_is_killed_while_browsers_and_python_type(stage: Stage) -> None:
    strike = partial(asyncio.to_thread, stage.system.kill_actor, "Gateway")
    await edit_while(stage, ["ann", "ben"], strike)
