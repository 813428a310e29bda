"""Rooms and the choice of owners: pure, and alike in every gateway."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from gateway.attachment_loop import OwnerFinder
from gateway.owner_lookup import KnownOwners
from gateway.rooms import Rooms
from storage.memory_directory import MemoryDirectory
from storage.ports import OwnerAddress
from storage.rendezvous import rendezvous_owner
from weft.limits import HEARTBEAT_EVERY_SECONDS, OWNERS_LEARNED_EVERY_SECONDS
from weft.wire.link import Attach

D1, D2 = UUID(int=1), UUID(int=2)


def owner(name: str) -> OwnerAddress:
    return OwnerAddress(name, "incarnation", f"ws://{name}/link")


owners = st.sets(st.sampled_from("abcdefgh"), min_size=1).map(
    lambda names: [owner(name) for name in sorted(names)]
)


@given(st.uuids(), owners)
def test_the_choice_does_not_depend_on_the_order_of_owners(
    dashboard_id: UUID, candidates: list[OwnerAddress]
) -> None:
    chosen = rendezvous_owner(dashboard_id, candidates)
    assert chosen in candidates
    assert rendezvous_owner(dashboard_id, reversed(candidates)) == chosen


@given(st.uuids(), owners, st.sampled_from("abcdefgh"))
def test_one_owner_more_takes_dashboards_only_for_itself(
    dashboard_id: UUID, candidates: list[OwnerAddress], name: str
) -> None:
    before = rendezvous_owner(dashboard_id, candidates)
    after = rendezvous_owner(dashboard_id, [*candidates, owner(name)])
    assert after in (before, owner(name))


def test_dashboards_are_spread_over_the_owners() -> None:
    candidates = [owner("a"), owner("b"), owner("c")]
    chosen = [rendezvous_owner(UUID(int=number), candidates) for number in range(3_000)]
    assert all(chosen.count(candidate) > 800 for candidate in candidates)


def test_without_an_owner_there_is_no_choice() -> None:
    assert rendezvous_owner(uuid4(), []) is None
    assert KnownOwners().choose(uuid4()) is None


def test_known_owners_are_kept_when_the_directory_knows_none() -> None:
    known = KnownOwners()
    known.learn((owner("a"), owner("b")))
    known.learn(())
    assert known.choose(D1, unreachable=[owner("a")]) == owner("b")
    assert known.choose(D1, unreachable=[owner("a"), owner("b")]) is None


def test_a_holder_met_is_known_in_its_newest_incarnation() -> None:
    known = KnownOwners()
    known.add(owner("a"))
    restarted = OwnerAddress("a", "another incarnation", "ws://a/link")
    known.add(restarted)
    assert known.choose(D1) == restarted


def test_beside_an_owner_are_those_of_its_host() -> None:
    known = KnownOwners()
    here, next_to_it, elsewhere, stranger = (
        OwnerAddress(name, "incarnation", f"ws://{host}:{name}/link")
        for name, host in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "c"))
    )
    known.learn((here, next_to_it, elsewhere))
    assert known.beside(here) == {here, next_to_it}
    assert known.beside(stranger) == {stranger}


def test_a_room_holds_who_entered_until_they_leave() -> None:
    rooms: Rooms[str] = Rooms()
    rooms.enter(D1, "ann")
    rooms.enter(D1, "bob")
    rooms.enter(D1, "ann")
    rooms.enter(D2, "ann")
    assert list(rooms.members(D1)) == ["ann", "bob"]
    rooms.leave(D1, "ann")
    rooms.leave(D1, "ann")
    rooms.leave(D1, "stranger")
    assert list(rooms.members(D1)) == ["bob"]
    assert list(rooms.members(D2)) == ["ann"]


def test_an_empty_room_is_forgotten() -> None:
    rooms: Rooms[str] = Rooms()
    rooms.enter(D1, "ann")
    rooms.leave(D1, "ann")
    rooms.leave(D2, "ann")
    assert len(rooms) == 0
    assert not rooms.members(D1)


class AskedDirectory(MemoryDirectory):
    """Counts the questions of joins."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.asked: list[str] = []

    async def holder(self, dashboard_id: UUID) -> OwnerAddress | None:
        self._ask("holder")
        return await super().holder(dashboard_id)

    async def owners(self) -> tuple[OwnerAddress, ...]:
        self._ask("owners")
        return await super().owners()

    def _ask(self, what: str) -> None:
        self.asked.append(what)


async def test_joins_share_what_is_known_of_owners_for_a_second() -> None:
    """At a thousand owners the list is long."""
    now = 0.0
    directory = AskedDirectory()
    for name in "ab":
        await directory.announce_owner(owner(name), 60.0)
    finder = OwnerFinder(directory, lambda: now)
    line = Attach(0, D1, D2, "a connection", D2, None, wants_tail=False)

    async def asked(unreachable: set[OwnerAddress]) -> list[str]:
        directory.asked = []
        assert await finder.find(line, unreachable) in (owner("a"), owner("b"))
        return directory.asked

    assert await asked(set()) == ["holder", "owners"]
    assert await asked(set()) == ["holder"]
    assert await asked({owner("a")}) == ["holder", "owners"]
    now += HEARTBEAT_EVERY_SECONDS
    assert await asked(set()) == ["holder", "owners"]


async def test_who_finds_every_dashboard_held_knows_the_other_owners_too() -> None:
    """Else it knows nobody else to ask while Redis is away."""
    now = 0.0
    directory = AskedDirectory()
    held, neighbour, other = (
        OwnerAddress(str(number), "incarnation", f"ws://{host}:{number}/link")
        for number, host in enumerate(("here", "here", "there"))
    )
    for each in (held, neighbour, other):
        await directory.announce_owner(each, 60.0)
    await directory.claim(D1, held)
    finder = OwnerFinder(directory, lambda: now)
    line = Attach(0, D1, D2, "a connection", D2, None, wants_tail=False)
    for _ in range(2):
        assert await finder.find(line, set()) == held
    assert directory.asked.count("owners") == 1
    now += OWNERS_LEARNED_EVERY_SECONDS
    assert await finder.find(line, set()) == held
    assert directory.asked.count("owners") == 2
    directory.unavailable = True
    assert await finder.find(line, {held}, held) == other
    assert await finder.find(line, {held, other}, held) == neighbour
