"""The commit loop against a log that fails: what is uncertain is read back, never guessed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from actors import commit_loop
from actors.commit_figures import CommitFigures
from actors.commit_loop import CommitLoop, Lane
from actors.events import CommitPoisoned, CommitReturned, Event, Fenced
from actors.gathering import Gathering
from actors.instructions import Commit
from storage.memory_accounts import MemoryAccounts
from storage.memory_log import CommitFailure, MemoryLog
from storage.memory_tables import MemoryTables
from storage.ports import DashboardCommit, Head, LoggedSubmission
from tests.owner.owner_conversation import retitling
from weft.errors import WeftError
from weft.measures import Measures

PATIENCE_SECONDS = 60.0


class WatchedLog(MemoryLog):
    """Keeps what it was asked to commit; commits wait while the gate is shut."""

    def __init__(self, tables: MemoryTables) -> None:
        super().__init__(tables)
        self.calls: list[list[int]] = []  # of each statement: how many of each dashboard
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.settlings = 0
        self.settling = asyncio.Event()
        self.outages_of_settle = 0
        self.refused: set[int] = set()  # sequences whose content it cannot hold
        self.raises: Exception | None = None  # instead of leaving them out

    async def commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        self.calls.append([len(each.submissions) for each in commits])
        self.asked.set()
        await self.gate.wait()
        bad = {each.dashboard_id for each in commits if self._is_refused(each)}
        if bad and self.raises:
            raise self.raises
        return await super().commit([each for each in commits if each.dashboard_id not in bad])

    def _is_refused(self, commit: DashboardCommit) -> bool:
        return any(each.sequence in self.refused for each in commit.submissions)

    async def settle(self, dashboard_id: UUID, epoch: int) -> Head | None:
        self.settlings += 1
        self.settling.set()
        if self.outages_of_settle:
            self.outages_of_settle -= 1
            raise WeftError("storage_unavailable")
        return await super().settle(dashboard_id, epoch)


class Board:
    """A dashboard's lane, what reached it, and what its table holds."""

    def __init__(self, log: WatchedLog, loop: CommitLoop, lane: Lane) -> None:
        self.lane = lane
        self._log = log
        self._loop = loop
        self._newest = lane.version

    @classmethod
    async def make(cls, log: WatchedLog, loop: CommitLoop) -> "Board":
        accounts = MemoryAccounts(log.tables)
        name = str(uuid4())
        user_id = await accounts.create_user(f"{name}@example.org", name)
        opened = await log.open_dashboard(await accounts.create_dashboard(user_id, "Sales"))
        assert opened is not None
        events: asyncio.Queue[Event] = asyncio.Queue()
        board = cls(log, loop, Lane(opened, events.put_nowait))
        board.events = events
        return board

    events: asyncio.Queue[Event]

    def put(self, count: int = 1, size_bytes: int = 10) -> None:
        for _ in range(count):
            self._newest += 1
            submission = LoggedSubmission(
                self._newest,
                uuid4(),
                self._newest,
                uuid4(),
                0,
                (retitling("North"),),
                bytes(16),
                0,
            )
            self._loop.put(self.lane, Commit(submission, size_bytes))

    async def next_event(self) -> Event:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.events.get()

    @property
    def committed(self) -> list[int]:
        table = self._log.tables.dashboards[self.lane.dashboard_id]
        return [row.submission.version for row in table.operations]


async def turns() -> None:
    """Of the loop, more than anything here takes to be done."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def log(monkeypatch: pytest.MonkeyPatch) -> WatchedLog:
    monkeypatch.setattr(commit_loop, "COMMIT_RETRY_MIN_SECONDS", 0.001)
    return WatchedLog(MemoryTables())


@pytest.fixture
async def loop(log: WatchedLog) -> AsyncIterator[CommitLoop]:
    loop = CommitLoop(log, CommitFigures(Measures()))
    running = asyncio.create_task(loop.run())
    yield loop
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def board(log: WatchedLog, loop: CommitLoop) -> Board:
    return await Board.make(log, loop)


async def test_what_queues_during_a_commit_goes_into_the_next(
    log: WatchedLog, loop: CommitLoop, board: Board
) -> None:
    other = await Board.make(log, loop)
    log.gate.clear()
    board.put()
    await log.asked.wait()
    board.put(3)
    other.put(2)
    log.gate.set()
    assert await board.next_event() == CommitReturned(1)
    assert await board.next_event() == CommitReturned(4)
    assert await other.next_event() == CommitReturned(2)
    assert log.calls == [[1], [3, 2]]
    assert (loop.statements, loop.submissions) == (2, 6)


async def test_who_came_together_is_waited_for_and_committed_together(
    log: WatchedLog, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_loop, "COMMIT_GATHER_SECONDS", 10**6)
    board.put(4)
    assert await board.next_event() == CommitReturned(4)
    board.put()
    await turns()
    assert log.calls == [[4]], "the first to come back waits for the other three"
    board.put(3)
    assert await board.next_event() == CommitReturned(8)
    assert log.calls == [[4], [4]]


async def test_who_does_not_come_back_is_waited_for_a_moment_only(
    log: WatchedLog, board: Board
) -> None:
    board.put(4)
    assert await board.next_event() == CommitReturned(4)
    for version in (5, 6, 7):
        board.put()
        assert await board.next_event() == CommitReturned(version)
    assert log.calls == [[4], [1], [1], [1]]


async def test_what_queued_during_a_commit_waits_for_nobody(
    log: WatchedLog, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_loop, "COMMIT_GATHER_SECONDS", 10**6)
    log.gate.clear()
    board.put(4)
    await log.asked.wait()
    board.put()
    log.gate.set()
    assert await board.next_event() == CommitReturned(4)
    assert await board.next_event() == CommitReturned(5)


def test_a_group_is_whole_when_as_many_have_come_as_in_either_of_the_last_two() -> None:
    gathering = Gathering()
    assert gathering.is_whole, "nobody is expected yet"
    for size, expected in ((9, 9), (1, 9), (1, 0), (3, 0), (4, 4), (12, 12), (2, 12), (2, 0)):
        gathering.committed(size)
        gathering.taken()
        for _ in range(expected):
            assert not gathering.is_whole
            gathering.arrived()
        assert gathering.is_whole


async def test_law9_a_statement_is_bounded_by_count_and_the_longest_waiting_come_first(
    log: WatchedLog, loop: CommitLoop, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_loop, "COMMIT_MAX_SUBMISSIONS", 4)
    other = await Board.make(log, loop)
    board.put(6)
    other.put(3)
    assert await board.next_event() == CommitReturned(4)
    assert await other.next_event() == CommitReturned(3)
    assert await board.next_event() == CommitReturned(5)
    assert await board.next_event() == CommitReturned(6)
    assert log.calls == [[4], [3, 1], [1]]


async def test_law9_a_statement_is_bounded_by_bytes_but_never_empty(
    log: WatchedLog, loop: CommitLoop, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_loop, "COMMIT_MAX_BYTES", 100)
    board.put(3, size_bytes=60)
    board.put(1, size_bytes=999)
    for version in (2, 4):
        assert await board.next_event() == CommitReturned(version)
    assert log.calls == [[2], [2]]


async def test_law3_an_ambiguous_commit_that_happened_is_not_repeated(
    log: WatchedLog, board: Board
) -> None:
    log.failures.append(CommitFailure.HAPPENED)
    board.put(2)
    assert await board.next_event() == CommitReturned(2)
    board.put()
    assert await board.next_event() == CommitReturned(3)
    assert board.committed == [1, 2, 3]


@pytest.mark.parametrize("fate", [CommitFailure.LOST, CommitFailure.LATE])
async def test_law3_an_ambiguous_commit_that_did_not_happen_is_repeated_under_a_new_epoch(
    log: WatchedLog, board: Board, fate: CommitFailure
) -> None:
    log.failures.append(fate)
    board.put(2)
    assert await board.next_event() == CommitReturned(2)
    assert board.lane.epoch == 2
    assert log.deliver_late() == set(), "what arrives after all finds the new epoch"
    assert board.committed == [1, 2]


async def test_settling_is_tried_until_it_is_answered(log: WatchedLog, board: Board) -> None:
    log.failures.append(CommitFailure.HAPPENED)
    log.outages_of_settle = 3
    board.put()
    assert await board.next_event() == CommitReturned(1)
    assert log.settlings == 4


async def test_law10_what_is_being_settled_does_not_hold_up_the_others(
    log: WatchedLog, loop: CommitLoop, board: Board
) -> None:
    other = await Board.make(log, loop)
    log.failures.append(CommitFailure.LOST)
    log.outages_of_settle = 10**9
    board.put()
    await log.settling.wait()
    board.put()
    other.put()
    assert await other.next_event() == CommitReturned(1)
    assert board.events.empty()
    log.outages_of_settle = 0
    assert await board.next_event() == CommitReturned(2)


async def test_law5_a_fenced_dashboard_commits_nothing_and_its_neighbours_do(
    log: WatchedLog, loop: CommitLoop, board: Board
) -> None:
    other = await Board.make(log, loop)
    await log.open_dashboard(board.lane.dashboard_id)
    board.put()
    other.put()
    assert await board.next_event() == Fenced()
    assert await other.next_event() == CommitReturned(1)
    board.put()
    assert board.lane.is_closed
    assert board.committed == []


async def test_law5_an_ambiguous_commit_of_a_fenced_owner_stays_uncertain_here(
    log: WatchedLog, board: Board
) -> None:
    log.gate.clear()
    log.failures.append(CommitFailure.LOST)
    board.put()
    await log.asked.wait()
    await log.open_dashboard(board.lane.dashboard_id)
    log.gate.set()
    assert await board.next_event() == Fenced()


async def test_law2_while_postgresql_is_away_nobody_is_told_and_nothing_is_lost(
    log: WatchedLog, board: Board
) -> None:
    log.tables.unavailable = True
    board.put()
    for _ in range(3):
        await log.asked.wait()
        log.asked.clear()
    board.put()
    assert board.events.empty()
    log.tables.unavailable = False
    assert await board.next_event() == CommitReturned(2)
    assert board.committed == [1, 2]


@pytest.mark.parametrize("raises", [None, ValueError("cannot be encoded")])
async def test_law10_refused_content_is_found_and_its_neighbours_commit(
    log: WatchedLog, loop: CommitLoop, board: Board, raises: Exception | None
) -> None:
    other = await Board.make(log, loop)
    log.refused, log.raises = {3}, raises
    board.put(5)
    other.put(2)
    for version in (1, 2):
        assert await board.next_event() == CommitReturned(version)
    poisoned = await board.next_event()
    assert isinstance(poisoned, CommitPoisoned)
    assert raises is None or poisoned.error is raises
    assert board.committed == [1, 2]
    seen = [await other.next_event()]
    while seen[-1] != CommitReturned(2):
        seen.append(await other.next_event())
    assert other.committed == [1, 2]


async def test_the_content_that_is_refused_alone_is_not_tried_again(
    log: WatchedLog, board: Board
) -> None:
    log.refused = {1}
    board.put()
    assert isinstance(await board.next_event(), CommitPoisoned)
    assert log.calls == [[1]]


async def test_a_closed_lane_hears_nothing_of_its_last_commit(
    log: WatchedLog, loop: CommitLoop, board: Board
) -> None:
    other = await Board.make(log, loop)
    log.gate.clear()
    board.put()
    other.put()
    await log.asked.wait()
    board.lane.close()
    log.gate.set()
    assert await other.next_event() == CommitReturned(1)
    assert board.events.empty()


async def test_who_waits_for_a_version_is_told_when_it_is_durable_or_never_will_be(
    log: WatchedLog, board: Board
) -> None:
    await board.lane.passed(0)
    log.gate.clear()
    first, second = (asyncio.create_task(board.lane.passed(version)) for version in (1, 2))
    board.put()
    await log.asked.wait()
    assert not first.done()
    log.gate.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await first
        assert not second.done()
        board.lane.close()
        await second
