"""What a Python replica was told, and what it ordered: for the TypeScript replica to repeat.

The replicas live in the simulated world of tests/simulation, with every trouble that it knows; each
call is written down with all it answered, each draw of chance included.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, TypeAlias
from unittest.mock import patch
from uuid import UUID

from tests.simulation.histories import run_seed
from tests.web.node_command import run
from weft.client.events import GivenUp, Received, ReplicaEvent
from weft.client.instructions import (
    Finish,
    Notify,
    Permit,
    Progress,
    Reauthenticate,
    ReplicaInstruction,
    Report,
    Send,
    Show,
    Wait,
)
from weft.client.notices import Notice
from weft.client.replica import Replica
from weft.errors import WeftError
from weft.ot import operation_to_json
from weft.ot.operation import Operations
from weft.wire.codec import encode
from weft.wire.messages import WireModel

Json: TypeAlias = Any
Instructions: TypeAlias = list[ReplicaInstruction]
VIEW_EVERY_CALLS: Final = 25  # a whole document takes time to compare


class RecordingReplica(Replica):
    """Writes a transcript: how it began, then one line for each call."""

    transcripts: ClassVar[list[list[Json]]] = []

    def __init__(self, dashboard_id: UUID, replica_id: UUID, chance: Callable[[], float]) -> None:
        self.draws: list[float] = []
        super().__init__(dashboard_id, replica_id, self._drawing_from(chance))
        ids = {"dashboardId": str(dashboard_id), "replicaId": str(replica_id)}
        self.lines: list[Json] = [{"begin": ids}]
        self.transcripts.append(self.lines)

    @classmethod
    def from_json(cls, stored: dict[str, Any], chance: Callable[[], float]) -> "RecordingReplica":
        replica = super().from_json(stored, chance)
        assert isinstance(replica, RecordingReplica)
        replica.lines[0] = {"begin": stored}
        return replica

    def _drawing_from(self, chance: Callable[[], float]) -> Callable[[], float]:
        def draw() -> float:
            self.draws.append(chance())
            return self.draws[-1]

        return draw

    # --- calls ----------------------------------------------------------------------------------

    def edit(self, operations: Operations) -> Instructions:
        return self._recorded(super().edit, operations, edit=_operations(operations))

    def open_batch(self) -> None:
        super().open_batch()
        self._note({"openBatch": True}, [])

    def close_batch(self) -> Instructions:
        return self._recorded(super().close_batch, closeBatch=True)

    def abandon_batch(self) -> Instructions:
        return self._recorded(super().abandon_batch, abandonBatch=True)

    def restore(self, notice: Notice) -> Instructions:
        """Recorded as the edit and the dismissal that it is."""
        return super().restore(notice)

    def dismiss(self, notice: Notice) -> None:
        super().dismiss(notice)
        self._note({"dismiss": notice.number}, [])

    def leave(self) -> Instructions:
        return self._recorded(super().leave, leave=True)

    def handle(self, event: ReplicaEvent) -> Instructions:
        return self._recorded(super().handle, event, handle=_event(event))

    # --- the transcript -------------------------------------------------------------------------

    def _recorded(
        self, method: Callable[..., Instructions], *arguments: Any, **call: Json
    ) -> Instructions:
        self.draws.clear()
        try:
            orders = method(*arguments)
        except WeftError as error:
            self._note(call, {"error": error.code})
            raise
        self._note(call, [_order(order) for order in orders])
        return orders

    def _note(self, call: Json, answer: Json) -> None:
        status = self.status
        line = {
            "call": call,
            "draws": list(self.draws),
            "answer": answer,
            "phase": self.phase.name.lower(),
            "version": self.version,
            "status": [status.state.value, status.pending, status.conflicts],
        }
        if len(self.lines) % VIEW_EVERY_CALLS == 0:
            line["view"] = self.document.to_json()
        self.lines.append(line)


def record(seeds: Sequence[int], steps: int) -> list[list[Json]]:
    """The transcripts of all replicas of those histories, as they read from the wire."""
    RecordingReplica.transcripts.clear()
    with patch("tests.simulation.simulated_person.Replica", RecordingReplica):
        for seed in seeds:
            run_seed(seed, steps)
    recorded: list[list[Json]] = json.loads(json.dumps(RecordingReplica.transcripts))
    return recorded


def differences(transcripts: list[list[Json]]) -> list[str]:
    """Where the TypeScript replica orders otherwise: what was expected, and what it did."""
    said = run("test/transcripts.ts", given="\n".join(map(json.dumps, transcripts)))
    told = []
    for each in map(json.loads, said.splitlines()):
        expected = transcripts[each["number"]][each["line"]]
        told.append(f"python: {json.dumps(expected)}\ntypescript: {json.dumps(each['got'])}")
    return told


def _event(event: ReplicaEvent) -> Json:
    name = type(event).__name__
    kind = name[0].lower() + name[1:]
    match event:
        case Received(message):
            return {"kind": kind, "message": _message(message)}
        case GivenUp(error):
            return {"kind": kind, "error": error.code}
    return {"kind": kind}


def _order(order: ReplicaInstruction) -> Json:
    match order:
        case Send(message):
            return {"kind": "send", "message": _message(message)}
        case Wait(seconds):
            return {"kind": "wait", "seconds": seconds}
        case Show(origin, operations, user_id):
            shown = {"origin": origin, "operations": _operations(operations)}
            return {"kind": "show", **shown, "userId": user_id and str(user_id)}
        case Notify(notice):
            return {"kind": "notify", "notice": _notice(notice)}
        case Permit(rights):
            return {"kind": "permit", "role": rights.role, "permissions": rights.permissions}
        case Progress(of, done, total):
            return {"kind": "progress", "of": of, "done": done, "total": total}
        case Report(error):
            return {"kind": "report", "error": getattr(error, "code", "")}
        case Finish(error):
            return {"kind": "finish", "error": error and error.code}
        case Reauthenticate():
            return {"kind": "reauthenticate"}


def _notice(notice: Notice) -> Json:
    return {
        "number": notice.number,
        "loss": notice.loss.value,
        "reason": notice.reason,
        "operations": _operations(notice.operations),
        "hasPlace": notice.has_place,
        "userId": notice.user_id and str(notice.user_id),
        "error": notice.error and notice.error.code,
    }


def _message(message: WireModel) -> Json:
    return json.loads(encode(message))


def _operations(operations: Operations) -> list[Json]:
    return [operation_to_json(operation) for operation in operations]
