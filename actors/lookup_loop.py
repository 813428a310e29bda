"""What a dashboard's heart asks of the log and the grants: each question is a task, and its answer
an event for the heart, in whatever order they come.

Law 10, blast radius: a question that fails is answered with its error, to whom it was for.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

from actors.commit_loop import Lane
from actors.events import (
    CheckpointFailed,
    CheckpointWritten,
    Event,
    Fenced,
    Identified,
    LookupFailed,
    SubmissionFound,
    TailFetched,
)
from actors.instructions import (
    FetchTail,
    FindSubmission,
    Identify,
    Instruction,
    WriteCheckpoint,
)
from actors.permission import subject_of
from storage.identity_ports import GrantsReader
from storage.ports import OperationLog
from weft.errors import WeftError
from weft.measures import Measures

logger = logging.getLogger(__name__)


class Lookups:
    """Of one dashboard. `handle`: brings the heart an event. After `close` none comes any more."""

    def __init__(
        self,
        lane: Lane,
        log: OperationLog,
        grants: GrantsReader,
        *,
        handle: Callable[[Event], None],
        clock_ms: Callable[[], int],
        measures: Measures,
    ) -> None:
        self._dashboard_id = lane.dashboard_id
        self._lane = lane
        self._log = log
        self._grants = grants
        self._handle = handle
        self._clock_ms = clock_ms
        self._measures = measures
        self._running: set[asyncio.Task[None]] = set()

    def orders(self) -> dict[type[Instruction], Callable[[Any], None]]:
        return {
            Identify: self._identify,
            FindSubmission: self._find_submission,
            FetchTail: self._fetch_tail,
            WriteCheckpoint: self._write_checkpoint,
        }

    def ask(self, asking: Coroutine[Any, Any, Event], failed: Callable[[WeftError], Event]) -> None:
        async def run() -> None:
            try:
                event = await asking
            except WeftError as error:
                logger.warning("dashboard %s: a look-up failed: %s", self._dashboard_id, error)
                event = failed(error)
            except Exception:
                cause = str(uuid4())
                logger.exception(
                    "dashboard %s: look-up failed, cause %s", self._dashboard_id, cause
                )
                event = failed(WeftError("internal", cause=cause))
            self._handle(event)

        self.run(run())

    def close(self) -> None:
        for task in self._running:
            task.cancel()

    def run(self, looking: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(looking)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # --- questions -------------------------------------------------------------------------

    def _identify(self, order: Identify) -> None:
        async def identify() -> Event:
            grants = await self._grants.grants_of(self._dashboard_id, order.user_id)
            mark = None
            if order.mark_needed:
                mark = await self._log.replica_mark(self._dashboard_id, order.replica_id)
            return Identified(order.subscription, subject_of(grants), mark, self._clock_ms())

        self.ask(identify(), lambda error: LookupFailed(order.subscription, error))

    def _find_submission(self, order: FindSubmission) -> None:
        async def find() -> Event:
            found = await self._log.find_submission(
                self._dashboard_id, order.replica_id, order.sequence
            )
            return SubmissionFound(order.subscription, order.sequence, order.fingerprint, found)

        self.ask(find(), lambda error: LookupFailed(order.subscription, error, order.sequence))

    def _fetch_tail(self, order: FetchTail) -> None:
        self._measures.count("catch_ups")

        async def fetch() -> Event:
            submissions = await self._log.submissions_between(
                self._dashboard_id, order.after_version, order.up_to_version
            )
            return TailFetched(order.subscription, submissions)

        self.ask(fetch(), lambda error: LookupFailed(order.subscription, error))

    def _write_checkpoint(self, order: WriteCheckpoint) -> None:
        async def write() -> Event:
            lane = self._lane
            version, epoch = order.checkpoint.version, lane.epoch
            if await self._log.write_checkpoint(order.checkpoint, epoch):
                self._measures.count("checkpoints")
                return CheckpointWritten(version)
            if lane.is_settling or lane.epoch != epoch:
                return CheckpointFailed(version)  # it was we who raised the epoch
            return Fenced()

        self.ask(write(), lambda _: CheckpointFailed(order.checkpoint.version))
