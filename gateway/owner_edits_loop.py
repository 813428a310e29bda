"""Edits over HTTP on the way that sockets take: attach to the owner, submit, wait for the commit.

A cut on the way changes nothing: the same replica joins again, and the owner says what it knows.
"""

import asyncio
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from gateway.attachment_loop import Attachment, Route, retry_waits
from gateway.owner_edits import SEQUENCE, Edit
from gateway.session_events import (
    Event,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
)
from weft import limits
from weft.errors import CODES, Retry, WeftError
from weft.wire.link import Attach

_FRAME_FIELDS: Final = {"type", "dashboardId", "sequence", "code", "message", "fault", "retry"}


class LinkedOwnerEdits:
    """The port `OwnerEdits`, over the links of this gateway."""

    def __init__(self, route: Route) -> None:
        self._route = route

    async def submit(self, edit: Edit) -> int:
        try:
            async with asyncio.timeout(limits.HTTP_EDIT_TIMEOUT_SECONDS):
                return await self._submit(edit)
        except TimeoutError:
            message = "No owner has answered in time: whether it has committed is not known."
            after_ms = limits.OWNER_UNAVAILABLE_RETRY_MS
            raise WeftError("owner_unavailable", message, retryAfterMs=after_ms) from None

    async def _submit(self, edit: Edit) -> int:
        for wait_seconds in retry_waits():
            try:
                return await self._attempt(edit)
            except WeftError as error:
                if error.retry is not Retry.REJOIN and error.code != "owner_unavailable":
                    raise
            await asyncio.sleep(wait_seconds)
        raise AssertionError("the waits have no end")

    async def _attempt(self, edit: Edit) -> int:
        visit = _Visit(edit, self._route)
        try:
            return await visit.outcome
        finally:
            visit.attachment.detach()


class _Visit:
    """One subscription at the owner, from its joining to the answer."""

    websocket: Final = None
    waiting_bytes: Final = 0

    def __init__(self, edit: Edit, route: Route) -> None:
        self.outcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._edit = edit
        line = Attach(
            0,  # the link gives the number
            edit.dashboard_id,
            edit.user_id,
            f"http-{uuid4()}",
            edit.replica_id,
            edit.base_version,
            wants_tail=False,
            address=edit.address,
        )
        self.attachment = Attachment(1, line, self, route)

    def handle(self, event: Event) -> None:
        try:
            match event:
                case SubscriptionJoined(frame=frame):
                    self._joined(orjson.loads(frame))
                case SubscriptionAnswered(frame=frame):
                    self._answered(orjson.loads(frame))
                case SubscriptionEnded(frame=frame):
                    raise error_in(orjson.loads(frame))
                case SubscriptionLost(error=error):
                    raise error
        except WeftError as error:
            if not self.outcome.done():
                self.outcome.set_exception(error)

    async def has_read(self) -> None:
        """At once: it looks at no document."""

    def published(self, frame: bytes) -> None:
        told = orjson.loads(frame)
        if told["type"] == "committed":
            self._look_for_mine(told["submissions"])

    def _joined(self, frame: dict[str, Any]) -> None:
        if frame["lastSequence"] >= SEQUENCE:
            self._committed(frame["lastVersion"])
            return
        edit = self._edit
        self.attachment.enter_room()
        self.attachment.submit(SEQUENCE, edit.base_version, list(edit.operations), edit.guard)

    def _answered(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "committed":  # told while it went from owner to owner
                self._look_for_mine(frame["submissions"])
            case "acknowledged":
                self._committed(frame["version"])
            case "rejected":
                raise error_in(frame)

    def _look_for_mine(self, submissions: list[dict[str, Any]]) -> None:
        for submission in submissions:
            if UUID(submission["replicaId"]) == self._edit.replica_id:
                self._committed(submission["version"])

    def _committed(self, version: int) -> None:
        if not self.outcome.done():
            self.outcome.set_result(version)


def error_in(frame: dict[str, Any]) -> WeftError:
    """What a frame with the error fields tells of."""
    code = frame["code"] if frame["code"] in CODES else "internal"
    details = {name: value for name, value in frame.items() if name not in _FRAME_FIELDS}
    return WeftError(code, frame["message"], **details)
