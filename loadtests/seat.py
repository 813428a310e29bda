"""What one simulated person knows of a dashboard, and what the frames that come in show. Pure.

The clock is one for all people of a process, so that what an edit, a pointer or a value takes until
*others* have it can be told. What was sent by another process is not measured, only followed.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from loadtests.stage import StagedDashboard

ACKNOWLEDGED: Final = "edit acknowledged"
VISIBLE: Final = "edit visible"
POINTER_VISIBLE: Final = "pointer visible"
VALUE_VISIBLE: Final = "value visible"
REFUSED: Final = "refused"
METRICS: Final = (ACKNOWLEDGED, VISIBLE, POINTER_VISIBLE, VALUE_VISIBLE)

SENT_MAX: Final = 20_000  # remembered; what takes longer is not told, but it is not acknowledged
TEXT_PATH: Final = ["config", "text"]

Message = dict[str, Any]
Key = tuple[str, float]  # replica and sequence; connection and x; widget and moment


class Sighting(NamedTuple):
    """One figure for the statistics. `problem`: it is a failure."""

    name: str
    ms: float
    problem: str | None = None


class Sent:
    """When each edit, move of a pointer and value left: shared by all people of a process."""

    def __init__(self) -> None:
        self._at: OrderedDict[Key, float] = OrderedDict()

    def note(self, key: Key, now: float) -> None:
        self._at[key] = now
        if len(self._at) > SENT_MAX:
            self._at.popitem(last=False)

    def since_ms(self, key: Key, now: float) -> float | None:
        at = self._at.get(key)
        return None if at is None else 1000 * (now - at)


class Seat:
    """From the first join to the last frame, through every reconnect."""

    def __init__(self, dashboard: StagedDashboard, replica_id: str, sent: Sent) -> None:
        self.dashboard = dashboard
        self.replica_id = replica_id
        self.connection_id = ""
        self.version = 0
        self.text_length = 0  # of the text that is typed into, at `version`
        self.is_joined = False
        self.in_flight: int | None = None
        self._sequence = 0
        self._sent = sent
        self._parts: list[str] = []

    # --- what it says -------------------------------------------------------------------------

    def hello(self, token: str) -> Message:
        return {"type": "hello", "protocol": [1], "token": token, "client": "weft-loadtest/1"}

    def join(self) -> Message:
        self.is_joined, self.in_flight, self._parts = False, None, []
        return {"type": "join", "dashboardId": self.dashboard.id, "replicaId": self.replica_id}

    def submit(self, operations: Sequence[Message], now: float) -> Message:
        self._sequence += 1
        self.in_flight = self._sequence
        self._sent.note((self.replica_id, self._sequence), now)
        return {
            "type": "submit",
            "dashboardId": self.dashboard.id,
            "sequence": self._sequence,
            "baseVersion": self.version,
            "operations": list(operations),
        }

    def point(self, x: float, y: float, now: float) -> Message:
        self._sent.note((self.connection_id, x), now)
        return {"type": "presence", "dashboardId": self.dashboard.id, "cursor": {"x": x, "y": y}}

    def feed(self, widget_id: str, values: list[float], now: float) -> Message:
        """The moment goes with the value, so that it is known again."""
        self._sent.note((widget_id, now), now)
        value = {"sent": now, "series": [{"name": "load", "values": values}]}
        about = {"dashboardId": self.dashboard.id, "widgetId": widget_id}
        return {"type": "feed", **about, "value": value}

    # --- what it is told ----------------------------------------------------------------------

    def told(self, message: Message, now: float) -> list[Sighting]:
        match message["type"]:
            case "welcome":
                self.connection_id = message["connectionId"]
            case "snapshot":
                self._parts.append(message["text"])
            case "joined":
                self._joined(message)
            case "committed":
                return self._committed(message["submissions"], now)
            case "presence":
                return self._pointers(message["changed"], now)
            case "data":
                return self._values(message["values"], now)
            case "acknowledged":
                return self._answered(message["sequence"], now)
            case "rejected" | "error":
                return self._refused(message)
            case "ended":
                self.is_joined = False
                return [Sighting(REFUSED, 0.0, f"ended: {message['code']}")]
        return []

    @property
    def snapshot_text(self) -> str | None:
        """The JSON of a state that came in parts, for who reads it to parse."""
        return "".join(self._parts) if self._parts else None

    def stands_on(self, state: Message) -> None:
        """A state came: as `joined` holds it, or as its parts did."""
        widget = state["widgets"].get(self.dashboard.text)
        self.text_length = len(widget["config"]["text"]) if widget else 0

    def _joined(self, message: Message) -> None:
        if "snapshot" in message:
            self.stands_on(message["snapshot"]["state"])
        for submission in message["submissions"]:
            self._follow(submission)
        self.version = message["version"]
        self._sequence = max(self._sequence, message["lastSequence"])
        self.is_joined = True

    def _follow(self, submission: Message) -> None:
        self.version = submission["version"]
        for operation in submission["operations"]:
            where = operation.get("targetId"), operation.get("path")
            if where == (self.dashboard.text, TEXT_PATH):
                self.text_length += _growth(operation)

    def _committed(self, submissions: list[Message], now: float) -> list[Sighting]:
        seen = []
        for submission in submissions:
            self._follow(submission)
            author, sequence = submission["replicaId"], submission["sequence"]
            if author == self.replica_id:
                seen += self._answered(sequence, now)
            elif (ms := self._sent.since_ms((author, sequence), now)) is not None:
                seen.append(Sighting(VISIBLE, ms))
        return seen

    def _answered(self, sequence: int, now: float) -> list[Sighting]:
        if sequence == self.in_flight:
            self.in_flight = None
        ms = self._sent.since_ms((self.replica_id, sequence), now)
        return [] if ms is None else [Sighting(ACKNOWLEDGED, ms)]

    def _refused(self, message: Message) -> list[Sighting]:
        if message.get("sequence") == self.in_flight:
            self.in_flight = None
        return [Sighting(REFUSED, 0.0, f"{message['type']}: {message['code']}")]

    def _pointers(self, changed: list[Message], now: float) -> list[Sighting]:
        """Moves on the way are made one: the latest counts, and so the latest is measured."""
        seen = []
        for present in changed:
            who, cursor = present["connectionId"], present.get("cursor")
            if cursor is not None and who != self.connection_id:
                ms = self._sent.since_ms((who, cursor["x"]), now)
                seen += [] if ms is None else [Sighting(POINTER_VISIBLE, ms)]
        return seen

    def _values(self, values: dict[str, Message], now: float) -> list[Sighting]:
        seen = []
        for widget_id, live in values.items():
            sent = live.get("value", {}).get("sent")
            if sent is not None and (ms := self._sent.since_ms((widget_id, sent), now)) is not None:
                seen.append(Sighting(VALUE_VISIBLE, ms))
        return seen


def _growth(operation: Message) -> int:
    if operation["type"] == "insert":
        return len(operation["value"])
    return -int(operation["length"]) if operation["type"] == "delete" else 0
