"""A conversation with one dashboard's heart: what people do, and what the heart says to it.

People are names; each name is one subscription, one user and (unless told otherwise) one replica.
"""

from dataclasses import replace
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson
import pytest

from actors import joining, snapshots
from actors.dashboard import Dashboard
from actors.events import (
    Attached,
    CommitReturned,
    Event,
    Identified,
    Regranted,
    Submitted,
)
from actors.fingerprint import fingerprint
from actors.instructions import (
    Commit,
    End,
    Identify,
    Instruction,
    Join,
    Publish,
    Reply,
    RollBack,
    SendPart,
)
from storage.ports import Checkpoint, LoggedSubmission, OpenedDashboard, ReplicaMark
from weft.models import Subject
from weft.plugins.interface import Review

Json = dict[str, Any]
Kind = TypeVar("Kind", bound=Instruction)

WIDGET = "00000000-0000-4000-8000-000000000001"
OTHER_WIDGET = "00000000-0000-4000-8000-000000000002"
DASHBOARD = UUID("00000000-0000-4000-8000-0000000000dd")


def named(name: str) -> UUID:
    """The user or replica of that name."""
    return uuid5(NAMESPACE_OID, name)


def widget_state(text: str = "") -> Json:
    position = {"x": 0, "y": 0, "width": 4, "height": 2}
    return {"type": "text", "position": position, "config": {"text": text}}


def state_of(text: str = "") -> Json:
    """Two text widgets, the first holding `text`."""
    widgets = {WIDGET: widget_state(text), OTHER_WIDGET: widget_state()}
    return {"title": "Sales", "widgets": widgets}


def opened_at(version: int = 0, text: str = "", **changes: Any) -> OpenedDashboard:
    """A dashboard whose checkpoint is at `version`, with nothing behind it."""
    checkpoint = Checkpoint(DASHBOARD, version, state_of(text))
    return replace(OpenedDashboard(DASHBOARD, version, 1, checkpoint, ()), **changes)


def typing(text: str, position: int = 0, widget: str = WIDGET) -> Json:
    return {
        "type": "insert",
        "targetId": widget,
        "path": ["config", "text"],
        "position": position,
        "value": text,
    }


def retitling(title: Any) -> Json:
    return {"type": "update", "path": ["title"], "value": title}


def identified(name: str, role: str | None, mark: ReplicaMark | None = None) -> Identified:
    return Identified(name, Subject.compile(role), mark)  # type: ignore[arg-type]


def regranted(name: str, role: str | None) -> Regranted:
    return Regranted({named(name): Subject.compile(role)}, 0)  # type: ignore[arg-type]


def only(kind: type[Kind], instructions: list[Instruction]) -> Kind:
    """The one instruction, which must be of that kind."""
    assert [type(each) for each in instructions] == [kind], instructions
    found = instructions[0]
    assert isinstance(found, kind)
    return found


def said(instruction: Instruction) -> Json:
    """The frame that a client would read."""
    assert isinstance(instruction, Join | Reply | SendPart | Publish)
    frame: Json = orjson.loads(instruction.frame)
    return frame


class Conversation:
    def __init__(self, opened: OpenedDashboard | None = None, review: Review | None = None) -> None:
        self.heart = Dashboard(opened or opened_at(), review)
        self.queued: list[LoggedSubmission] = []  # what a commit loop would hold
        self.committed: list[LoggedSubmission] = []

    def tell(self, event: Event) -> list[Instruction]:
        """What the heart says, `Commit` and `RollBack` put aside."""
        answers: list[Instruction] = []
        for instruction in self.heart.handle(event):
            if isinstance(instruction, Commit):
                self.queued.append(instruction.submission)
            elif isinstance(instruction, RollBack):
                self.queued.clear()
            else:
                answers.append(instruction)
        return answers

    def attach(
        self,
        name: str,
        *,
        role: str | None = "editor",
        replica: str = "",
        user: str = "",
        mark: ReplicaMark | None = None,
        **more: Any,
    ) -> list[Instruction]:
        """Attached and identified; what was said to both, but the asking."""
        replica_id, user_id = named(replica or name), named(user or name)
        first = self.tell(Attached(name, user_id, replica_id, **more))
        if any(isinstance(each, Identify) for each in first):
            first += self.tell(identified(name, role, mark))
        return [each for each in first if not isinstance(each, Identify)]

    def join(self, name: str, **more: Any) -> Json:
        return said(only(Join, self.attach(name, **more)))

    def submit(
        self, name: str, sequence: int, base_version: int, *operations: Json, at_ms: int = 0
    ) -> list[Instruction]:
        digest, size = fingerprint(base_version, list(operations))
        return self.tell(Submitted(name, sequence, base_version, operations, digest, size, at_ms))

    def commit(self, count: int | None = None) -> list[Instruction]:
        """So many (or all) of what is queued becomes durable."""
        taken = self.queued[:count]
        del self.queued[: len(taken)]
        self.committed += taken
        return self.tell(CommitReturned(self.heart.durable_version + len(taken)))

    def ended(self, instructions: list[Instruction]) -> dict[Any, str]:
        """Which subscriptions were ended, and why."""
        return {
            each.subscription: each.error.code for each in instructions if isinstance(each, End)
        }

    def text(self, widget: str = WIDGET) -> str:
        """As everyone may see it now."""
        text: str = self.heart.sequencer.durable.value_at(widget, ("config", "text"))
        return text


def history_of(*texts: str) -> Conversation:
    """Ann has typed these at the beginning, a version each."""
    talk = Conversation()
    talk.join("ann", version=0)
    for version, text in enumerate(texts):
        talk.submit("ann", version + 1, version, typing(text))
        talk.commit()
    return talk


def shorten_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame or a page holds two versions."""
    for room in (joining, snapshots):
        monkeypatch.setattr(room, "TAIL_MAX_VERSIONS", 2)
