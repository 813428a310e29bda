"""A conversation between one replica and a server that the test speaks for, line by line."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from weft.client.editing import Editing
from weft.client.events import Connected, Disconnected, Received, Waited
from weft.client.instructions import (
    Finish,
    Notify,
    Progress,
    ReplicaInstruction,
    Report,
    Send,
    Show,
    Wait,
)
from weft.client.notices import Notice
from weft.client.replica import Replica
from weft.errors import WeftError
from weft.ot import apply
from weft.wire.codec import decode_server_frame, encode

BOARD = UUID("00000000-0000-4000-8000-00000000000b")
ME = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
WIDGET = "00000000-0000-4000-8000-0000000000aa"
Kind = TypeVar("Kind")

NOTE: dict[str, Any] = {
    "type": "text",
    "title": "Notes",
    "position": {"x": 0, "y": 0, "width": 4, "height": 2},
    "config": {"text": "hello", "items": ["a", "b", "c"]},
    "data": {},
    "isLocked": False,
}


def typed(position: int, value: str) -> dict[str, Any]:
    """Typing into the note."""
    return {
        "type": "insert",
        "targetId": WIDGET,
        "path": ["config", "text"],
        "position": position,
        "value": value,
    }


def erased(position: int, length: int) -> dict[str, Any]:
    return {
        "type": "delete",
        "targetId": WIDGET,
        "path": ["config", "text"],
        "position": position,
        "length": length,
    }


def updated(path: list[str], value: Any, target_id: str | None = WIDGET) -> dict[str, Any]:
    operation = {"type": "update", "path": path, "value": value}
    return operation if target_id is None else {**operation, "targetId": target_id}


def removed() -> dict[str, Any]:
    return {"type": "removeWidget", "targetId": WIDGET}


def submission(
    version: int,
    *operations: dict[str, Any],
    by: UUID = OTHER,
    sequence: int = 1,
    base: int | None = None,
) -> dict[str, Any]:
    return {
        "version": version,
        "replicaId": by,
        "sequence": sequence,
        "userId": by,
        "baseVersion": version - 1 if base is None else base,
        "operations": list(operations),
        "at": 1_000,
    }


class Conversation:
    """`replica` joins a dashboard with one note at version 0, unless told otherwise."""

    def __init__(self, *, joined: bool = True, role: str = "editor") -> None:
        self.replica = Replica(BOARD, ME, lambda: 0.0)
        self.edit = Editing(self.replica, self._carry)
        self.out: list[ReplicaInstruction] = []
        if joined:
            self.connect()
            self.joined(0, state={"title": "Sales", "widgets": {WIDGET: NOTE}}, role=role)
            self.out.clear()

    # --- what the server says -------------------------------------------------------------------

    def connect(self) -> None:
        self._carry(self.replica.handle(Connected()))

    def disconnect(self) -> None:
        self._carry(self.replica.handle(Disconnected()))

    def wait_is_over(self) -> None:
        self._carry(self.replica.handle(Waited()))

    def hears(self, **fields: Any) -> None:
        """A frame for this dashboard, through the real codec."""
        about = {} if fields["type"] == "error" else {"dashboardId": BOARD}
        message = decode_server_frame(encode({**about, **fields}))
        self._carry(self.replica.handle(Received(message)))  # type: ignore[arg-type]

    def joined(
        self,
        version: int,
        *submissions: dict[str, Any],
        state: dict[str, Any] | None = None,
        snapshot_version: int | None = None,
        last: tuple[int, int] = (0, 0),
        role: str = "editor",
    ) -> None:
        fields: dict[str, Any] = {
            "type": "joined",
            "version": version,
            "role": role,
            "submissions": submissions,
            "lastSequence": last[0],
            "lastVersion": last[1],
        }
        if state is not None:
            at = version if snapshot_version is None else snapshot_version
            fields["snapshot"] = {"version": at, "state": state}
        self.hears(**fields)

    def committed(self, *submissions: dict[str, Any]) -> None:
        self.hears(type="committed", submissions=submissions)

    def rejected(self, sequence: int, code: str, **details: Any) -> None:
        self.hears(type="rejected", sequence=sequence, **WeftError(code, **details).to_json())

    def ended(self, code: str, **details: Any) -> None:
        self.hears(type="ended", **WeftError(code, **details).to_json())

    # --- what the replica says ------------------------------------------------------------------

    @property
    def text(self) -> str:
        value: str = self.replica.document.value_at(WIDGET, ("config", "text"))
        return value

    @property
    def state(self) -> str:
        return self.replica.status.state.value

    def sent(self) -> list[dict[str, Any]]:
        """The frames since the last time, without the id of the dashboard."""
        frames = [
            instruction.message.model_dump(mode="json", by_alias=True, exclude_none=True)
            for instruction in self._take(Send)
        ]
        for frame in frames:
            assert frame.pop("dashboardId") == str(BOARD)
        return frames

    def waits(self) -> list[float]:
        return [instruction.seconds for instruction in self._take(Wait)]

    def shown(self) -> list[str]:
        return [instruction.origin for instruction in self._take(Show)]

    def told(self) -> list[Notice]:
        return [instruction.notice for instruction in self._take(Notify)]

    def reports(self) -> list[Report]:
        return self._take(Report)

    def finished(self) -> list[Finish]:
        return self._take(Finish)

    def progress(self) -> list[tuple[str, int, int]]:
        return [(each.of, each.done, each.total) for each in self._take(Progress)]

    # --- inside ---------------------------------------------------------------------------------

    def _take(self, kind: type[Kind]) -> list[Kind]:
        taken = [instruction for instruction in self.out if isinstance(instruction, kind)]
        self.out = [instruction for instruction in self.out if not isinstance(instruction, kind)]
        return taken

    def _carry(self, instructions: Iterable[ReplicaInstruction]) -> None:
        self.out += instructions
        copy = self.replica.copy
        assert copy.view == apply(copy.confirmed, copy.pending.operations, within_limits=False)


def submit(sequence: int, base: int, *operations: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "submit",
        "sequence": sequence,
        "baseVersion": base,
        "operations": list(operations),
    }


def join(version: int | None = None, *, wants_tail: bool = False) -> dict[str, Any]:
    frame = {"type": "join", "replicaId": str(ME), "wantsTail": wants_tail}
    return frame if version is None else {**frame, "version": version}
