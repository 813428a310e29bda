"""Live values on their way from producers to owners: one attachment per producer and dashboard.

Whoever feeds, over a socket or HTTP, goes through here, and has no need to follow the dashboard.
The way is kept while it is used; what is refused is answered (law 7).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid4

import orjson

from gateway.attachment_loop import Attachment, Route
from gateway.feed_lane import Answer, FeedLane, Order, SendValue
from gateway.owner_edits_loop import error_in
from gateway.session_events import (
    Event,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
)
from weft import limits
from weft.errors import Retry, WeftError
from weft.models.address import Address
from weft.wire.link import Attach

Told: TypeAlias = Callable[[WeftError | None], None]


class Producer(NamedTuple):
    """Who feeds what. Rights may depend on the address."""

    user_id: UUID
    dashboard_id: UUID
    address: Address | None


class Feeds:
    """Of one gateway."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._ways: dict[Producer, _Way] = {}

    def feed(self, producer: Producer, widget_id: UUID, value: dict[str, Any], told: Told) -> None:
        """`told` is called once: with None when it was taken, or with why it was not."""
        way = self._ways.get(producer)
        if way is None:
            way = self._ways[producer] = _Way(producer, self._route, self._forget)
        way.feed(widget_id, value, told)

    async def put(self, producer: Producer, widget_id: UUID, value: dict[str, Any]) -> None:
        """Return when the owner has taken it, or one that came after it. Raises WeftError: whatever
        it is refused with; owner_unavailable when no answer comes in time.
        """
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def told(error: WeftError | None) -> None:
            if outcome.done():
                return
            if error is None:
                outcome.set_result(None)
            else:
                outcome.set_exception(error)

        self.feed(producer, widget_id, value, told)
        try:
            async with asyncio.timeout(limits.HTTP_EDIT_TIMEOUT_SECONDS):
                await outcome
        except TimeoutError:
            raise unavailable() from None

    def close(self) -> None:
        for way in list(self._ways.values()):
            way.end(unavailable())

    def __len__(self) -> int:
        return len(self._ways)

    def _forget(self, producer: Producer) -> None:
        self._ways.pop(producer, None)


class _Way:
    """One attachment, which follows nothing, from its first value until it is idle or ended."""

    websocket: Final = None
    waiting_bytes: Final = 0

    def __init__(
        self, producer: Producer, route: Route, forget: Callable[[Producer], None]
    ) -> None:
        self._producer = producer
        self._forget = forget
        self._lane = FeedLane()
        self._is_over = False
        self._route = route
        self._line = Attach(
            0,  # the link gives the number
            producer.dashboard_id,
            producer.user_id,
            f"feed-{uuid4()}",
            uuid4(),
            None,
            wants_tail=False,
            address=producer.address,
            feeds=True,
        )
        self._attachment = Attachment(1, self._line, self, route)
        self._used_at = time.monotonic()
        self._idling = self._look_later(limits.FEED_IDLE_SECONDS)

    def feed(self, widget_id: UUID, value: dict[str, Any], told: Told) -> None:
        self._used_at = time.monotonic()
        try:
            orders = self._lane.feed(widget_id, value, told)
        except WeftError as error:
            told(error)
        else:
            self._carry(orders)

    def end(self, error: WeftError) -> None:
        """No value goes this way any more."""
        if self._is_over:
            return
        self._is_over = True
        self._idling.cancel()
        self._attachment.detach()
        self._forget(self._producer)
        self._carry(self._lane.ended(error))

    # --- Subscriber ----------------------------------------------------------------------------

    async def has_read(self) -> None:
        """At once: nothing is sent to it in parts."""

    def published(self, frame: bytes) -> None:
        """It is in no room."""

    def handle(self, event: Event) -> None:
        match event:
            case SubscriptionJoined():
                self._carry(self._lane.opened())
            case SubscriptionAnswered(frame=frame):
                self._answered(orjson.loads(frame))
            case SubscriptionEnded(frame=frame):
                self._ended(error_in(orjson.loads(frame)))
            case SubscriptionLost(error=error):
                self.end(error)

    def _ended(self, error: WeftError) -> None:
        """That the owner has changed is nothing to a producer: its values go to the next one."""
        if error.code == "owner_moved" and self._lane.is_open:
            self._carry(self._lane.interrupted())
            self._attachment = Attachment(1, self._line, self, self._route)
        else:
            self.end(unavailable() if error.retry is Retry.REJOIN else error)

    def _answered(self, frame: dict[str, Any]) -> None:
        if "number" in frame:  # otherwise it is told what its rights are
            error = error_in(frame) if "code" in frame else None
            self._carry(self._lane.answered(frame["number"], error))

    # --- orders --------------------------------------------------------------------------------

    def _carry(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case SendValue(number, widget_id, value):
                    self._attachment.feed(number, widget_id, value)
                case Answer(asker, error):
                    asker(error)  # type: ignore[operator]  # it is the `told` that was given

    def _look_later(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        left = limits.FEED_IDLE_SECONDS - (time.monotonic() - self._used_at)
        if self._lane.is_idle and left <= 0:
            self.end(unavailable())  # there is nobody to be told
        else:
            self._idling = self._look_later(max(left, 1.0))


def unavailable() -> WeftError:
    return WeftError("owner_unavailable", retryAfterMs=limits.OWNER_UNAVAILABLE_RETRY_MS)
