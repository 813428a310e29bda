"""A session as a conversation: what arrives is an event, what leaves is its instructions."""

from typing import Any
from uuid import UUID

import orjson

from gateway.rate_limit import RateLimiter
from gateway.session import Session
from gateway.session_events import (
    Attach,
    Authenticated,
    Event,
    FrameReceived,
    Instruction,
    Opened,
    Send,
    SubscriptionJoined,
)
from storage.ports import SessionUser

ANN = SessionUser(UUID(int=1), UUID(int=2), "ann", expires_at_ms=90_000)
D1, D2, R1 = UUID(int=11), UUID(int=12), UUID(int=21)
EDIT = {"type": "update", "path": ["settings", "theme"], "value": "dark"}
FRESH = {"type": "authenticate", "token": "fresh"}
HELLO = {"type": "hello", "protocol": [1], "token": "secret"}


class Conversation:
    """Feeds a session and shows what leaves it; Send as the JSON that is sent."""

    def __init__(self, limiter: RateLimiter | None = None) -> None:
        self.session = Session("c1", limiter)

    def event(self, event: Event) -> list[Instruction]:
        return self.session.handle(event)

    def frame(self, frame: dict[str, Any] | str, at_ms: int = 0) -> list[Instruction]:
        data = frame if isinstance(frame, str) else orjson.dumps(frame).decode()
        return self.event(FrameReceived(data, at_ms))

    def join(self, dashboard_id: UUID = D1, **fields: Any) -> list[Instruction]:
        return self.frame({"type": "join", "dashboardId": dashboard_id, "replicaId": R1} | fields)

    def submit(self, dashboard_id: UUID = D1, **fields: Any) -> list[Instruction]:
        frame = {
            "type": "submit",
            "dashboardId": dashboard_id,
            "sequence": 1,
            "baseVersion": 0,
            "operations": [EDIT],
        }
        return self.frame(frame | fields)


def opened(limiter: RateLimiter | None = None) -> Conversation:
    talk = Conversation(limiter)
    talk.event(Opened(0))
    talk.frame(HELLO)
    talk.event(Authenticated(ANN, 0))
    return talk


def joined(*dashboards: UUID) -> Conversation:
    talk = opened()
    for dashboard in dashboards or (D1,):
        attach = talk.join(dashboard)[-1]
        assert isinstance(attach, Attach)
        talk.event(SubscriptionJoined(attach.subscription, b"{}"))
    return talk


def sent(instruction: Instruction) -> dict[str, Any]:
    assert isinstance(instruction, Send)
    message: dict[str, Any] = orjson.loads(instruction.frame)
    return message
