"""Which open sockets to look at: by what was heard, and by what may have been missed."""

import asyncio
import time
from collections.abc import Collection
from uuid import UUID, uuid4

from gateway.revocation_loop import SessionWatch
from gateway.session_events import Event, Revoked
from gateway.watched_sessions import WatchedSessions
from storage.memory_notices import MemoryNotices
from storage.memory_shared_identity import memory_shared_identity
from storage.notices import Deaf, Listening, SessionEnded, UserChanged
from storage.ports import SessionUser
from weft.errors import WeftError

ANN, BOB = uuid4(), uuid4()


def session_of(user_id: UUID) -> SessionUser:
    return SessionUser(uuid4(), user_id, "somebody", 90_000)


ANNS, ANNS_OTHER, BOBS = session_of(ANN), session_of(ANN), session_of(BOB)


def watched() -> WatchedSessions[str]:
    watched = WatchedSessions[str]()
    watched.hear(Listening())
    for user, member in ((ANNS, "a1"), (ANNS, "a2"), (ANNS_OTHER, "a3"), (BOBS, "b1")):
        watched.begin(user, member, watched.heard)
    assert watched.take_due() == frozenset()
    return watched


def test_a_notice_says_whom_to_look_at_and_all_their_sockets_are_closed() -> None:
    each = watched()
    each.hear(SessionEnded(ANNS.session_id, ANN))
    assert each.take_due() == {ANNS.session_id}
    each.hear(UserChanged(ANN))
    due = each.take_due()
    assert due == {ANNS.session_id, ANNS_OTHER.session_id}
    assert sorted(each.over(due, {ANNS_OTHER.session_id})) == ["a1", "a2"]
    assert each.take_due() == frozenset(), "once"


def test_who_is_not_here_is_not_looked_for() -> None:
    each = watched()
    each.hear(SessionEnded(uuid4(), uuid4()))
    each.hear(UserChanged(uuid4()))
    each.end(BOBS, "b1")
    each.hear(UserChanged(BOB))
    assert each.take_due() == frozenset()
    each.put_back([BOBS.session_id])
    assert each.take_due() == frozenset()


def test_whoever_was_deaf_looks_at_all() -> None:
    each, everybody = watched(), {ANNS.session_id, ANNS_OTHER.session_id, BOBS.session_id}
    for heard, is_deaf in ((Deaf(), True), (Listening(), False)):
        each.hear(heard)
        assert each.is_deaf == is_deaf
        assert each.take_due() == everybody


def test_law6_what_was_heard_while_a_session_was_looked_up_is_not_missed() -> None:
    """It was found alive, and revoked before its socket was watched."""
    each, late = watched(), session_of(ANN)
    heard_before = each.heard
    each.hear(SessionEnded(late.session_id, ANN))
    assert each.take_due() == frozenset(), "not here yet"
    each.begin(late, "late", heard_before)
    assert each.take_due() == {late.session_id}


class Connection:
    def __init__(self) -> None:
        self.revoked = asyncio.Event()

    def handle(self, event: Event) -> None:
        assert event == Revoked()
        self.revoked.set()


class Sessions:
    """Of which nobody lives; at first, it does not answer."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def find_session(self, token_hash: str) -> SessionUser | None:
        raise NotImplementedError

    async def alive(self, session_ids: Collection[UUID]) -> frozenset[UUID]:
        self.failures -= 1
        if self.failures >= 0:
            raise WeftError("storage_unavailable") if self.failures else RuntimeError("a fault")
        return frozenset()


async def test_law6_a_look_that_fails_is_made_again(monkeypatch) -> None:
    monkeypatch.setattr("weft.limits.SESSION_LOOK_SECONDS", 0.001)
    shared, connection = memory_shared_identity(time.time), Connection()
    watch = SessionWatch(Sessions(failures=3), shared)
    watch.begin(ANNS, connection, watch.heard)
    assert isinstance(shared.notices, MemoryNotices)
    await shared.notices.publish([SessionEnded(ANNS.session_id, ANN)])
    await asyncio.wait_for(connection.revoked.wait(), 60)
    await watch.close()


async def test_a_gateway_that_is_heard_by_nobody_looks_by_itself(monkeypatch) -> None:
    monkeypatch.setattr("weft.limits.SESSION_LOOK_SECONDS", 0.001)
    shared, connection = memory_shared_identity(time.time), Connection()
    assert isinstance(shared.notices, MemoryNotices)
    watch = SessionWatch(Sessions(failures=0), shared)
    shared.notices.cut(True)
    watch.begin(ANNS, connection, watch.heard)
    await asyncio.wait_for(connection.revoked.wait(), 60)
    await watch.close()
