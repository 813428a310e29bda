"""The messages, the close codes and docs/spec.md say the same."""

import re
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest
from pydantic import TypeAdapter, ValidationError

from weft.errors import Retry, WeftError
from weft.ot.codec import operation_from_json, operation_to_json
from weft.wire import frames
from weft.wire.close_codes import CLOSE_CODES, retry_after_close
from weft.wire.codec import decode_server_frame, encode
from weft.wire.messages import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    ClientMessage,
    Committed,
    Ended,
    ErrorMessage,
    Joined,
    Rejected,
    ServerMessage,
    Submission,
    Welcome,
)
from weft.wire.operations import OperationJson

SPEC = (Path(__file__).parents[2] / "docs/spec.md").read_text().partition("## 3. The wire")[2]
IDS = [uuid4() for _ in range(3)]
WIDGET = str(IDS[0])


def rows(title: str) -> dict[str, list[str]]:
    """The table below a heading of the specification: first cell to the others."""
    section = SPEC.partition(f"### {title}\n")[2].partition("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells[2:]}


@pytest.mark.parametrize(
    ("title", "union"),
    [("Client to server", ClientMessage), ("Server to client", ServerMessage)],
)
def test_every_message_of_the_specification_has_a_model_with_its_fields(
    title: str, union: type
) -> None:
    models = {model.model_fields["type"].default: model for model in get_args(union)}
    written = rows(title)
    assert models.keys() == written.keys()
    for name, model in models.items():
        listed = re.sub(r"\{[^}]*\}|\([^)]*\)", "", written[name][0]).partition(": ")[0]
        told = set(re.findall(r"`(\w+)`", listed))
        fields = {field.alias for field in model.model_fields.values()} - {"type"}
        error_fields = {"code", "message", "fault", "retry", "retryAfterMs"}
        assert fields - error_fields == told - error_fields, name
        assert (error_fields <= fields) == ("the error fields" in written[name][0]), name


def test_the_close_codes_are_those_of_the_specification() -> None:
    written = rows("Close codes")
    assert {str(code) for code in CLOSE_CODES} == written.keys()
    for code, entry in CLOSE_CODES.items():
        assert written[str(code)][1].startswith(entry.retry.value), code


@pytest.mark.parametrize("code", [None, 1005, 1006, 1012, 4999])
def test_a_cut_without_a_known_code_is_a_lost_network(code: int | None) -> None:
    assert retry_after_close(code) is Retry.REJOIN
    assert retry_after_close(4401) is Retry.REAUTHENTICATE


def test_schemas_describe_operations_and_the_document() -> None:
    """What a TypeScript client is generated from."""
    client, server = CLIENT_MESSAGES.json_schema(), SERVER_MESSAGES.json_schema()
    assert "InsertJson" in client["$defs"]
    assert {"WidgetJson", "DocumentJson", "NoopJson"} <= server["$defs"].keys()
    assert client["$defs"]["Submit"]["properties"]["operations"]["items"]["anyOf"]


OPERATIONS = [
    {"type": "insert", "path": ["title"], "position": 0, "value": "é"},
    {"type": "insert", "path": ["layout"], "position": 0, "value": [{"id": 1}]},
    {
        "type": "insert",
        "targetId": WIDGET,
        "path": ["config", "text"],
        "position": 1,
        "value": {"image": "x"},
        "attributes": {"bold": True},
    },
    {"type": "delete", "path": ["title"], "position": 0, "length": 3},
    {
        "type": "format",
        "path": ["settings", "note"],
        "position": 0,
        "length": 3,
        "attributes": {"bold": None},
    },
    {"type": "update", "path": ["description"], "value": None, "oldValue": "before"},
    {"type": "update", "path": ["settings", "theme"]},
    {"type": "move", "targetId": WIDGET, "value": {"x": 1}},
    {"type": "resize", "targetId": WIDGET, "value": {"width": 1.5}, "oldValue": {"width": 1}},
    {
        "type": "addWidget",
        "targetId": WIDGET,
        "value": {"type": "text", "position": {"x": 0, "y": 0, "width": 1, "height": 1}},
    },
    {"type": "removeWidget", "targetId": WIDGET},
    {"type": "noop", "reason": "target_removed", "targetId": WIDGET},
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation["type"])
def test_the_described_operations_are_those_of_the_algebra(operation: dict[str, object]) -> None:
    described: TypeAdapter[OperationJson] = TypeAdapter(OperationJson)
    assert described.validate_python(operation) == operation
    assert operation_to_json(operation_from_json(operation, trusted=True)) == operation
    with pytest.raises(ValidationError):
        described.validate_python({**operation, "type": "explode"})


def test_the_servers_own_frames_are_messages() -> None:
    dashboard, replica, user = IDS
    submission = frames.submission_json(
        version=4,
        replica_id=replica,
        sequence=2,
        user_id=user,
        base_version=3,
        operations=OPERATIONS,
        at_ms=5,
    )
    error = WeftError("rate_limited", retryAfterMs=50, about={"sequence": 2}, hint="slower")
    snapshot = (3, {"title": "t"})
    built = {
        Welcome: frames.welcome_frame("c1", user, 9, {"frameMaxBytes": 1}),
        Committed: frames.committed_frame(dashboard, [submission]),
        Joined: frames.joined_frame(
            dashboard,
            version=4,
            role="viewer",
            snapshot=snapshot,
            submissions=[submission],
            last_sequence=2,
            last_version=4,
        ),
        Rejected: frames.rejected_frame(dashboard, 2, error),
        Ended: frames.ended_frame(dashboard, error),
        ErrorMessage: frames.error_frame(error),
    }
    for kind, frame in built.items():
        message = decode_server_frame(frame)
        assert type(message) is kind
        assert decode_server_frame(encode(message)) == message
    expected = Submission(
        version=4,
        replica_id=replica,
        sequence=2,
        user_id=user,
        base_version=3,
        operations=OPERATIONS,
        at=5,
    )
    committed = decode_server_frame(built[Committed])
    assert isinstance(committed, Committed)
    assert committed.submissions == [expected]
    rejected = decode_server_frame(built[Rejected])
    assert isinstance(rejected, Rejected)
    assert (rejected.retry, rejected.retry_after_ms) == (Retry.LATER, 50)
    assert rejected.model_extra == {"hint": "slower"}


def test_the_plain_frames_are_messages() -> None:
    dashboard = IDS[0]
    for frame in (
        frames.tail_frame(dashboard, [], 7),
        frames.acknowledged_frame(dashboard, 1, 2),
        frames.left_frame(dashboard),
        frames.goaway_frame(WeftError("going_away"), 10),
        frames.pong_frame(None, 1),
        frames.pong_frame("n", 1),
    ):
        assert encode(decode_server_frame(frame))
