"""A conversation with one dashboard that is fed."""

from typing import Any

import orjson

from actors.events import (
    Fed,
    LiveDue,
)
from actors.instructions import (
    Admit,
    Instruction,
    PublishLive,
    Reply,
)
from tests.owner.owner_conversation import (
    DASHBOARD,
    WIDGET,
    Conversation,
    Json,
    only,
    opened_at,
)
from weft.limits import (
    CHECKPOINT_EVERY_SECONDS,
    CHECKPOINT_RETRY_SECONDS,
)

AGE_MS = int(1000 * CHECKPOINT_EVERY_SECONDS)
RETRY_MS = int(1000 * CHECKPOINT_RETRY_SECONDS)


class Feeding(Conversation):
    """Ann follows; the thermometer feeds."""

    def __init__(self, role: str = "editor", **opened: Any) -> None:
        super().__init__(opened_at(**opened))
        self.joined = self.join("ann")
        only(Admit, self.attach("meter", role=role, feeds=True))
        self.number = 0

    def feed(self, value: Json, widget: str = WIDGET, at_ms: int = 0) -> list[Instruction]:
        """What else is said than the answer, which must be good."""
        answer, *more = self.fed(value, widget, at_ms)
        assert answer == {"number": self.number}
        return more

    def fed(self, value: Json, widget: str = WIDGET, at_ms: int = 0) -> list[Any]:
        """The answer, and what else is said."""
        self.number += 1
        answer, *more = self.tell(Fed("meter", self.number, widget, value, at_ms))
        assert isinstance(answer, Reply)
        assert answer.subscription == "meter"
        return [orjson.loads(answer.frame), *more]

    def refused(self, value: Json, widget: str = WIDGET) -> Json:
        answer, *more = self.fed(value, widget)
        assert more == []
        return answer

    def told(self, now_ms: int) -> Json:
        """The frame that goes to everyone."""
        first, *_ = self.tell(LiveDue(now_ms))
        assert isinstance(first, PublishLive)
        frame: Json = orjson.loads(first.frame)
        assert (frame["type"], frame["dashboardId"]) == ("data", str(DASHBOARD))
        return frame["values"]

    def edit(self, *operations: Json) -> list[Instruction]:
        self.sequence = getattr(self, "sequence", 0) + 1
        self.submit("ann", self.sequence, self.heart.durable_version, *operations)
        return self.commit()
