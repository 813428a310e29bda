"""What one connection follows: at most one subscription per dashboard, each with a number that is
never given again, by which its owner's answers find it. Pure.

An answer for a number that is gone has crossed its end, and is nobody's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from gateway.session_events import (
    Attach,
    Detach,
    EnterRoom,
    Instruction,
    Send,
    SendJoined,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
)
from weft import limits
from weft.errors import WeftError
from weft.wire.frames import ended_frame
from weft.wire.messages import Join

Instructions = list[Instruction]


@dataclass(slots=True)
class Subscription:
    number: int
    dashboard_id: UUID
    replica_id: UUID
    joined: bool = False


class Subscriptions:
    def __init__(self) -> None:
        self._of_dashboard: dict[UUID, Subscription] = {}
        self._by_number: dict[int, Subscription] = {}
        self._numbers = count(1)

    def __iter__(self) -> Iterator[UUID]:
        """The dashboards, as they are now: they may be dropped meanwhile."""
        return iter(list(self._of_dashboard))

    def joined(self, dashboard_id: UUID) -> Subscription | None:
        """None: it is not followed, or not yet."""
        found = self._of_dashboard.get(dashboard_id)
        return found if found is not None and found.joined else None

    def join(self, message: Join) -> Instructions:
        """Joining again replaces it."""
        replaced = self.drop(message.dashboard_id)
        if len(self._of_dashboard) >= limits.DASHBOARDS_MAX_PER_CONNECTION:
            most = limits.DASHBOARDS_MAX_PER_CONNECTION
            error = WeftError("limit_exceeded", f"A connection has at most {most} dashboards.")
            return [Send(ended_frame(message.dashboard_id, error))]
        subscription = Subscription(next(self._numbers), message.dashboard_id, message.replica_id)
        self._of_dashboard[message.dashboard_id] = subscription
        self._by_number[subscription.number] = subscription
        attach = Attach(
            subscription.number,
            message.dashboard_id,
            message.replica_id,
            message.version,
            message.wants_tail,
        )
        return [*replaced, attach]

    def drop(self, dashboard_id: UUID) -> Instructions:
        subscription = self._of_dashboard.pop(dashboard_id, None)
        if subscription is None:
            return []
        del self._by_number[subscription.number]
        return [Detach(subscription.number, dashboard_id)]

    def end(self, subscription: Subscription, error: WeftError) -> Instructions:
        dashboard_id = subscription.dashboard_id
        return [*self.drop(dashboard_id), Send(ended_frame(dashboard_id, error))]

    # --- what comes from the owner -------------------------------------------------------------

    def owner_joined(self, event: SubscriptionJoined) -> Instructions:
        subscription = self._by_number.get(event.subscription)
        if subscription is None:
            return []
        if event.waiting_bytes > limits.OUTGOING_MAX_BYTES:
            return self.end(subscription, WeftError("slow_reader"))
        subscription.joined = True
        number, dashboard_id = subscription.number, subscription.dashboard_id
        answer = SendJoined(number, dashboard_id, subscription.replica_id, event.frame)
        return [answer, EnterRoom(number, dashboard_id)]

    def owner_answered(self, event: SubscriptionAnswered) -> Instructions:
        subscription = self._by_number.get(event.subscription)
        if subscription is None:
            return []
        if not subscription.joined and event.waiting_bytes > limits.OUTGOING_MAX_BYTES:
            return self.end(subscription, WeftError("slow_reader"))
        return [Send(event.frame)]

    def owner_ended(self, event: SubscriptionEnded) -> Instructions:
        subscription = self._by_number.get(event.subscription)
        if subscription is None:
            return []
        return [*self.drop(subscription.dashboard_id), Send(event.frame)]

    def owner_lost(self, event: SubscriptionLost) -> Instructions:
        subscription = self._by_number.get(event.subscription)
        return self.end(subscription, event.error) if subscription else []
