"""Law 2, durable first, and law 5, one writer: every dashboard's only way into the log.

Group commit with natural batching: whatever has queued while the last statement was under way goes
into the next, and after a pause those who came together lately are waited for. What a lost
connection leaves open is settled by reading back, never by guessing.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from actors.commit_figures import CommitFigures
from actors.events import CommitPoisoned, CommitReturned, Event, Fenced
from actors.gathering import Gathering
from actors.instructions import Commit
from storage.ports import (
    CommitAmbiguous,
    DashboardCommit,
    Head,
    LoggedSubmission,
    OpenedDashboard,
    OperationLog,
)
from weft.errors import WeftError
from weft.limits import (
    COMMIT_GATHER_SECONDS,
    COMMIT_MAX_BYTES,
    COMMIT_MAX_SUBMISSIONS,
    COMMIT_RETRY_MAX_SECONDS,
    COMMIT_RETRY_MIN_SECONDS,
)

logger = logging.getLogger(__name__)


class Lane:
    """One dashboard's queue. Its head stays queued until its commit is decided."""

    def __init__(self, opened: OpenedDashboard, deliver: Callable[[Event], None]) -> None:
        self.dashboard_id: UUID = opened.dashboard_id
        self.version = opened.version  # of the log, as far as is known for certain
        self.epoch = opened.epoch
        self.deliver = deliver
        self.queue: deque[Commit] = deque()
        self.is_settling = False
        self.is_closed = False
        self._passing: list[tuple[int, asyncio.Future[None]]] = []

    async def passed(self, version: int) -> None:
        """Wait until this version is durable, or never will be from here."""
        if self.version < version and not self.is_closed:
            passing = asyncio.get_running_loop().create_future()
            self._passing.append((version, passing))
            await passing

    def advance(self, version: int) -> None:
        while self.queue and self.queue[0].submission.version <= version:
            self.queue.popleft()
        self.version = version
        self._wake(version)

    def roll_back(self) -> None:
        self.queue.clear()
        self._wake(None)

    def close(self) -> None:
        self.is_closed = True
        self.roll_back()

    def _wake(self, version: int | None) -> None:
        """Those who wait for a version up to this one, or (None) everyone."""
        for awaited, passing in self._passing:
            if (version is None or awaited <= version) and not passing.done():
                passing.set_result(None)
        self._passing = [each for each in self._passing if not each[1].done()]


class Portion(NamedTuple):
    """What one statement commits of one lane."""

    lane: Lane
    commit: DashboardCommit

    @property
    def version_after(self) -> int:
        return self.commit.expected_version + len(self.commit.submissions)


class CommitLoop:
    """`run` commits what is `put`; the outcome reaches each lane through its `deliver`."""

    def __init__(self, log: OperationLog, figures: CommitFigures) -> None:
        self._log = log
        self._figures = figures
        self._ready: dict[Lane, None] = {}  # lanes to take from, the longest waiting first
        self._work = asyncio.Event()
        self._gathering = Gathering()
        self._is_whole = asyncio.Event()
        self._settling: set[asyncio.Task[None]] = set()
        self._delay_seconds = COMMIT_RETRY_MIN_SECONDS
        self.statements = 0
        self.submissions = 0

    def put(self, lane: Lane, commit: Commit) -> None:
        lane.queue.append(commit)
        self._gathering.arrived()
        if self._gathering.is_whole:
            self._is_whole.set()
        self._make_ready(lane)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                if not self._work.is_set():
                    await self._work.wait()
                    await self._gather()
                portions = self._take()
                if portions:
                    await self._commit(portions)
                else:
                    self._work.clear()
        finally:
            for task in self._settling:
                task.cancel()

    async def _gather(self) -> None:
        if self._gathering.is_whole:
            return
        self._is_whole.clear()
        timer = asyncio.get_running_loop().call_later(COMMIT_GATHER_SECONDS, self._is_whole.set)
        await self._is_whole.wait()
        timer.cancel()

    def _make_ready(self, lane: Lane) -> None:
        if lane.queue and not lane.is_settling and not lane.is_closed:
            self._ready[lane] = None
            self._work.set()

    def _take(self) -> list[Portion]:
        """As much as fits into one statement, by turns; every lane taken from leaves `_ready`."""
        self._gathering.taken()
        portions: list[Portion] = []
        left, left_bytes = COMMIT_MAX_SUBMISSIONS, COMMIT_MAX_BYTES
        for lane in list(self._ready):
            if left == 0 or left_bytes <= 0:
                break
            del self._ready[lane]
            if lane.is_settling or lane.is_closed:
                continue  # it comes back, or never
            taken = []
            for commit in lane.queue:
                if left == 0 or left_bytes <= 0:
                    break
                taken.append(commit.submission)
                left -= 1
                left_bytes -= commit.size_bytes
            if taken:
                portions.append(portion_of(lane, *taken))
        return portions

    async def _commit(self, portions: list[Portion]) -> None:
        started_ns = time.time_ns()
        try:
            committed = await self._log.commit([portion.commit for portion in portions])
        except CommitAmbiguous:
            self._settle_later(portions, None)
        except Exception as error:
            if is_outage(error):
                await self._pause(portions)
            else:
                logger.exception("a group commit failed, its parts will be tried one by one")
                self._settle_later(portions, error)
        else:
            self._delay_seconds = COMMIT_RETRY_MIN_SECONDS
            self.statements += 1
            submissions = sum(len(portion.commit.submissions) for portion in portions)
            self._gathering.committed(submissions)
            self._figures.statement(submissions, started_ns, time.time_ns())
            for portion in portions:
                if portion.commit.dashboard_id in committed:
                    self._committed(portion, started_ns)
                else:
                    self._settle_later([portion], Refused())

    def _committed(self, portion: Portion, started_ns: int) -> None:
        lane = portion.lane
        if not lane.is_closed:
            self.submissions += len(portion.commit.submissions)
            lane.advance(portion.version_after)
            self._make_ready(lane)
            lane.deliver(CommitReturned(lane.version))
            self._figures.committed(portion.commit, started_ns, time.time_ns())

    async def _pause(self, portions: list[Portion]) -> None:
        """PostgreSQL does not answer: nobody is told anything, and all is tried again."""
        logger.warning("commits wait: PostgreSQL does not answer")
        for portion in portions:
            self._make_ready(portion.lane)
        await self._back_off()

    async def _back_off(self) -> None:
        await asyncio.sleep(self._delay_seconds * random.uniform(0.5, 1.0))
        self._delay_seconds = min(2 * self._delay_seconds, COMMIT_RETRY_MAX_SECONDS)

    # --- what is not certain ---------------------------------------------------------------

    def _settle_later(self, portions: list[Portion], refusal: Exception | None) -> None:
        """Each on its own, so that one dashboard's locks do not hold up the others."""
        for portion in portions:
            portion.lane.is_settling = True
            task = asyncio.create_task(self._settle_lane(portion, refusal))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _settle_lane(self, portion: Portion, refusal: Exception | None) -> None:
        try:
            await self._settle(portion, refusal)
        finally:
            portion.lane.is_settling = False
            self._make_ready(portion.lane)

    async def _settle(self, portion: Portion, refusal: Exception | None) -> None:
        """Find out whether it has committed, and if not why.

        `refusal`: the log did not take it, though not for an outage. Then another owner has raised
        the epoch, or the content is at fault, which law 10 wants told apart from its neighbours'.
        """
        lane, commit = portion
        started_ns = time.time_ns()
        head = await self._read_back(lane)
        if lane.is_closed:
            return
        if head is None or head.version not in (commit.expected_version, portion.version_after):
            lane.close()
            lane.deliver(Fenced())
            return
        lane.epoch = head.epoch
        if head.version == portion.version_after:
            self._committed(portion, started_ns)
        elif refusal is not None and len(commit.submissions) == 1:
            lane.deliver(CommitPoisoned(refusal))
        elif refusal is not None:
            await self._commit_one_by_one(portion)

    async def _read_back(self, lane: Lane) -> Head | None:
        while True:
            try:
                return await self._log.settle(lane.dashboard_id, lane.epoch)
            except WeftError:
                await self._back_off()

    async def _commit_one_by_one(self, portion: Portion) -> None:
        """Up to the first that the log refuses again; what follows it is sequenced anew."""
        lane = portion.lane
        for submission in portion.commit.submissions:
            if lane.is_closed:
                return None
            single = portion_of(lane, submission)
            started_ns = time.time_ns()
            try:
                committed = await self._log.commit([single.commit])
            except CommitAmbiguous:
                return await self._settle(single, None)
            except Exception as error:  # noqa: BLE001  (law 10: whatever it is, it is about this one)
                return None if is_outage(error) else await self._settle(single, error)
            if not committed:
                return await self._settle(single, Refused())
            self._committed(single, started_ns)
        return None


class Refused(Exception):  # noqa: N818  (the log's answer, put into words)
    """The log did not commit this, and did not say why."""


def is_outage(error: Exception) -> bool:
    return isinstance(error, WeftError) and error.code == "storage_unavailable"


def portion_of(lane: Lane, *submissions: LoggedSubmission) -> Portion:
    """Of the head of the lane's queue."""
    commit = DashboardCommit(lane.dashboard_id, lane.version, lane.epoch, submissions)
    return Portion(lane, commit)
