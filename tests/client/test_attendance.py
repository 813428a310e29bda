"""Law 8 on the client's side, as a pure room: who is here, and what this user has to tell."""

from uuid import UUID

import pytest

from tests.client.test_places import NOTE, at, typed
from weft.client.attendance import Attendance, Step
from weft.client.events import Connected, Disconnected, Received
from weft.client.instructions import ShowPresence
from weft.client.places import Whereabouts
from weft.errors import WeftError
from weft.limits import PRESENCE_HISTORY_VERSIONS, SELECTION_RANGES_MAX
from weft.models import CursorPosition, PresenceUser, Present, SelectionRange
from weft.ot.operation import Operations
from weft.wire.messages import Ended, Joined, PresenceChanged, Roster

BOARD, MINE, THEIRS = UUID(int=1), UUID(int=2), UUID(int=3)
VERSION = 10


def person(
    connection: str, *, user: int = 1, version: int | None = None, **told: object
) -> Present:
    return Present.model_validate(
        {
            "user_id": UUID(int=user),
            "user": PresenceUser(id=UUID(int=user), username=f"u{user}", color="hsl(1 65% 42%)"),
            "is_active": True,
            "last_update": "2026-01-01T00:00:00.000Z",
            "connection_id": connection,
            "replica_id": THEIRS,
            "version": version,
            **told,
        }
    )


def joined(*roster: Present) -> Received:
    return Received(
        Joined(
            dashboard_id=BOARD,
            version=VERSION,
            role="editor",
            submissions=[],
            last_sequence=0,
            last_version=0,
            roster=list(roster),
        )
    )


def told(*changed: Present, left: tuple[str, ...] = ()) -> Received:
    return Received(PresenceChanged(dashboard_id=BOARD, changed=list(changed), left=list(left)))


@pytest.fixture
def here() -> Attendance:
    """Joined as `me`, beside `other`."""
    attendance = Attendance(MINE, VERSION)
    attendance.handle(Connected("me"))
    assert attendance.handle(joined(person("me"), person("other", user=2))) == [ShowPresence()]
    return attendance


def connections(attendance: Attendance) -> list[str]:
    return [each.connection_id for each in attendance.others(())]


def nothing() -> Operations:
    return ()


def test_people_are_users_with_all_their_connections_this_one_included(here: Attendance) -> None:
    here.handle(told(person("tab", user=1)))
    mine, other = here.people(())
    assert [each.connection_id for each in mine.connections] == ["me", "tab"]
    assert [each.connection_id for each in other.connections] == ["other"]
    assert connections(here) == ["other", "tab"]


def test_only_what_changes_for_the_user_is_news(here: Attendance) -> None:
    assert here.handle(told(person("new", user=3))) == [ShowPresence()]
    assert here.handle(told(person("new", user=3))) == []  # as before
    assert here.handle(told(person("me", cursor=CursorPosition(x=1, y=1)))) == []  # oneself
    assert here.handle(told(left=("nobody", "me"))) == []
    assert here.handle(told(left=("new",))) == [ShowPresence()]
    assert connections(here) == ["other"]


def test_a_roster_replaces_all_and_an_end_or_a_cut_leaves_nobody(here: Attendance) -> None:
    roster = Roster(dashboard_id=BOARD, roster=[person("me"), person("third", user=3)])
    assert here.handle(Received(roster)) == [ShowPresence()]
    assert connections(here) == ["third"]
    for end in (Received(Ended(dashboard_id=BOARD, code="left")), Disconnected()):
        here.handle(joined(person("me"), person("third", user=3)))
        assert here.handle(end) == [ShowPresence()]
        assert connections(here) == []


def cursor_of(attendance: Attendance, pending: Operations = ()) -> CursorPosition | None:
    return attendance.others(pending)[0].cursor


def commit(attendance: Attendance, *edits: Operations, replica: UUID = MINE) -> None:
    for operations in edits:
        attendance.follow(Step(attendance._version + 1, replica, operations))


def test_cursors_are_brought_to_this_version_and_through_pending_edits(here: Attendance) -> None:
    commit(here, typed(0, "ab"))
    here.handle(told(person("other", user=2, version=VERSION, cursor=at(5).cursor)))
    assert cursor_of(here) == at(7).cursor
    assert cursor_of(here, typed(0, "c")) == at(8).cursor
    commit(here, typed(7, "d"), replica=THEIRS)  # their own typing takes it along
    assert cursor_of(here) == at(8).cursor


def test_a_presence_that_is_ahead_waits_for_its_commits(here: Attendance) -> None:
    here.handle(told(person("other", user=2, version=VERSION + 2, cursor=at(5).cursor)))
    commit(here, typed(0, "ab"), typed(0, "cd"))
    assert cursor_of(here) == at(5).cursor
    commit(here, typed(0, "ef"))
    assert cursor_of(here) == at(7).cursor


def test_after_a_snapshot_nobody_knows_what_came_between(here: Attendance) -> None:
    here.start_afresh(VERSION + 5)
    here.handle(told(person("other", user=2, version=VERSION, cursor=at(5).cursor)))
    assert cursor_of(here) == CursorPosition(x=3, y=4)


def test_what_others_believe_already_is_not_told_again(here: Attendance) -> None:
    assert here.news(BOARD, nothing) is None  # nothing was set
    here.set(at(5))
    first = here.news(BOARD, nothing)
    assert first is not None
    assert (first.cursor, first.version) == (at(5).cursor, VERSION)
    assert here.news(BOARD, nothing) is None
    here.change_view(typed(0, "ab"), own=False)
    commit(here, typed(0, "ab"))
    assert here.news(BOARD, nothing) is None  # they move it themselves
    commit(here, *[()] * PRESENCE_HISTORY_VERSIONS)
    again = here.news(BOARD, nothing)  # who joins later knows no older versions
    assert again is not None
    assert again.cursor == at(7).cursor


def test_offsets_are_told_as_of_the_confirmed_document(here: Attendance) -> None:
    here.set(at(8))
    undo: Operations = (typed(0, "abc")[0]._replace(type="delete", value=None, length=3),)
    news = here.news(BOARD, lambda: undo)
    assert news is not None
    assert news.cursor == at(5).cursor


def test_everything_is_told_again_after_a_cut(here: Attendance) -> None:
    here.set(Whereabouts(CursorPosition(x=1, y=1)))
    assert here.news(BOARD, nothing) is not None
    here.handle(Disconnected())
    assert here.news(BOARD, nothing) is None  # to nobody
    here.handle(joined(person("me")))
    assert here.may_have_news
    assert here.news(BOARD, nothing) is not None


def test_law7_too_much_is_refused_and_nothing_changes(here: Attendance) -> None:
    here.set(at(5))
    marked = SelectionRange(
        start_element_id=NOTE, start_offset=0, end_element_id=NOTE, end_offset=1
    )
    with pytest.raises(WeftError, match="ranges"):
        here.set(Whereabouts(selection=(marked,) * (SELECTION_RANGES_MAX + 1)))
    news = here.news(BOARD, nothing)
    assert news is not None
    assert news.cursor == at(5).cursor
