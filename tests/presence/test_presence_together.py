"""Law 8, presence is true: people on several gateways, through the real client."""

import pytest

from storage.memory_presence import MemoryPresence, SharedPresence
from tests.client.conversation import NOTE
from tests.presence.town import PATIENCE_SECONDS, Person, Town
from weft.errors import WeftError
from weft.models import CursorPosition, Present, SelectionRange, Viewport

TEXT = ("config", "text")


def gateways(count: int = 2) -> Town:
    shared = SharedPresence()
    return Town(*(MemoryPresence(shared) for _ in range(count)))


def of(watcher: Person, seen: Person) -> Present | None:
    """What one sees of the other."""
    found = [each for each in watcher.board.presence if each.connection_id == seen.connection_id]
    return found[0] if found else None


def cursor(watcher: Person, seen: Person) -> CursorPosition | None:
    found = of(watcher, seen)
    return found and found.cursor


def offset(watcher: Person, seen: Person) -> int | None:
    found = cursor(watcher, seen)
    return found and found.offset


async def test_law8_who_joins_is_told_at_once_who_is_there_on_any_gateway() -> None:
    async with gateways(3) as town:
        ann, bob = await town.person("anna", 0), await town.person("bob", 1)
        for person in (ann, bob):
            await person.sees("anna", "bob")
        cem = await town.person("cem", 2)
        assert cem.names == ["anna", "bob", "cem"]
        for person in (ann, bob):
            await person.sees("anna", "bob", "cem")
        await bob.leave()
        for person in (ann, cem):
            await person.sees("anna", "cem")


async def test_law8_two_tabs_are_two_connections_of_one_person() -> None:
    async with gateways() as town:
        ann, tab = await town.person("anna", 0), await town.person("anna", 1)
        await ann.sees("anna", "anna")
        assert len(tab.board.people) == 1
        (other,) = ann.board.presence
        assert other.connection_id == tab.connection_id
        assert other.user.color == tab.board.people[0].user.color
        await tab.leave()
        await ann.sees("anna")


async def test_all_that_is_told_arrives_and_the_newest_wins() -> None:
    async with gateways() as town:
        ann, bob = await town.person("anna", 0), await town.person("bob", 1)
        for x in range(100):
            ann.board.set_presence(
                cursor=CursorPosition(x=x, y=2),
                viewport=Viewport(x=0, y=0, width=800, height=600, zoom=1.5),
                is_active=x < 99,
            )
        await bob.until(lambda: cursor(bob, ann) == CursorPosition(x=99, y=2))
        (seen,) = bob.board.presence
        assert seen.viewport == Viewport(x=0, y=0, width=800, height=600, zoom=1.5)
        assert not seen.is_active


async def test_cursors_move_with_the_text_that_others_type_and_along_with_own_typing() -> None:
    async with gateways() as town:
        ann, bob = await town.person("anna", 0), await town.person("bob", 1)
        note = ann.board.add_widget({**NOTE, "config": {"text": "hello"}})
        here = CursorPosition(x=0, y=0, element_id=note, path=TEXT, offset=5)
        ann.board.set_presence(cursor=here)  # in a widget that nobody else has yet
        await ann.board.saved(PATIENCE_SECONDS)
        await bob.until(lambda: cursor(bob, ann) == here)
        bob.board.insert(note, TEXT, 0, "oh ")
        assert offset(bob, ann) == 8  # at once, in what bob sees
        ann.board.insert(note, TEXT, 5, "!")
        for person in (ann, bob):
            await person.board.saved(PATIENCE_SECONDS)
        await bob.until(lambda: offset(bob, ann) == 9)
        assert bob.board.document.value_at(note, TEXT) == "oh hello!"
        cem = await town.person("cem", 0)
        await cem.until(lambda: offset(cem, ann) == 9)
        bob.board.remove_widget(note)
        assert cursor(bob, ann) == CursorPosition(x=0, y=0)


async def test_after_a_cut_who_is_there_is_told_again_and_own_presence_too() -> None:
    async with gateways() as town:
        ann, bob = await town.person("anna", 0), await town.person("bob", 1)
        ann.board.set_presence(cursor=CursorPosition(x=7, y=7))
        await bob.until(lambda: cursor(bob, ann))
        before = ann.connection_id
        for client in list(town.gateways[0]._sockets._clients):
            client.websocket.transport.abort()
        await bob.until(
            lambda: (
                [each.connection_id for each in bob.board.presence] == [ann.connection_id]
                and ann.connection_id != before
                and bob.board.presence[0].cursor == CursorPosition(x=7, y=7)
            )
        )
        await ann.sees("anna", "bob")


async def test_law7_too_much_presence_is_refused_before_it_leaves() -> None:
    async with gateways() as town:
        ann = await town.person("anna")
        wide = SelectionRange(
            start_element_id="a" * 200, start_offset=0, end_element_id="b" * 200, end_offset=1
        )
        for selection in ([wide] * 20, [wide] * 101):
            with pytest.raises(WeftError) as caught:
                ann.board.set_presence(selection=selection)
            assert caught.value.code == "too_large"
        ann.board.set_presence(selection=[wide])
        bob = await town.person("bob", 1)
        await bob.until(lambda: (seen := of(bob, ann)) and seen.selection == (wide,))
