"""Law 4, convergence, at the border of the tables: how records become columns and come back.

Pure: both PostgreSQL and its memory twin go through here, so neither can hold what the other
cannot. JSON crosses as bytes; what returns is equal to what went in.
"""

import re
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from storage.ports import (
    Checkpoint,
    DashboardCommit,
    DashboardRows,
    LiveValue,
    LoggedSubmission,
)
from weft.errors import WeftError
from weft.limits import INTEGER_MAX, TITLE_MAX_CHARACTERS

KIND_MAX_CHARACTERS: Final = 50  # operations.operation_type
ROLES: Final = ("viewer", "editor", "admin")  # what a collaborator may be

UNSTORABLE: Final = (ValueError, KeyError, TypeError)  # of a submission that no row can hold

_DIGITS: Final = bytes(48 if byte in b"0123456789" else 32 for byte in range(256))
_LONG_NUMBER: Final = b"0" * 16  # of whatever digits; a regular expression takes ten times as long
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # not a backslash followed by u0000


class Row(Protocol):
    """Columns by name, as a database driver gives them."""

    def __getitem__(self, column: str, /) -> Any: ...


def encode_json(value: Any) -> bytes:
    """JSON bytes of a value. Raises ValueError for what the edge should not have let through."""
    try:
        raw = orjson.dumps(value)
    except TypeError as error:
        raise ValueError(str(error)) from error
    if b"\\u0000" in raw and _NUL.search(raw):
        raise ValueError("a string holds NUL")
    return raw


def decode_json(raw: bytes) -> Any:
    """The value whose JSON went in.

    PostgreSQL writes the float 1e17 as a whole number; beyond 2^53 only floats exist in Weft,
    so such a number becomes a float again.
    """
    value = orjson.loads(raw)
    return _floats_beyond_limit(value) if _LONG_NUMBER in raw.translate(_DIGITS) else value


def _floats_beyond_limit(value: Any) -> Any:
    if type(value) is int:
        return value if -INTEGER_MAX <= value <= INTEGER_MAX else float(value)
    if type(value) is list:
        return [_floats_beyond_limit(item) for item in value]
    if type(value) is dict:
        return {key: _floats_beyond_limit(item) for key, item in value.items()}
    return value


def empty_state(title: str) -> dict[str, Any]:
    """The document of a fresh dashboard, at version 0."""
    return {"title": title, "description": None, "settings": {}, "layout": [], "widgets": {}}


def kind_of(operations: tuple[dict[str, Any], ...]) -> str:
    """`operation_type` of a log row: the type that all its edits share, otherwise `batch`."""
    kinds = {operation["type"] for operation in operations}
    kind: str = kinds.pop() if len(kinds) == 1 else "batch"
    if len(kind) > KIND_MAX_CHARACTERS:
        raise ValueError(f"operation_type {kind[:KIND_MAX_CHARACTERS]}...")
    return kind


def target_of(operations: tuple[dict[str, Any], ...]) -> UUID | None:
    """`target_id` of a log row: the widget that all its edits share."""
    targets = {operation.get("targetId") for operation in operations}
    target = targets.pop() if len(targets) == 1 else None
    return UUID(target) if target is not None else None


def head_after(commit: DashboardCommit) -> int:
    """The version that a commit leads to. Law 1: its submissions must follow without a gap."""
    head = commit.expected_version
    for submission in commit.submissions:
        head += 1
        if submission.version != head:
            raise ValueError(f"version {submission.version} where {head} follows")
    return head


def check_reach(after_version: int, up_to_version: int, start_version: int) -> None:
    """Refuse a range of the log that begins before the log does (see OperationLog)."""
    if after_version < start_version and after_version < up_to_version:
        message = f"The log reaches back to version {start_version}: begin with a snapshot."
        raise WeftError("conflict", message, startVersion=start_version)


def unreadable(where: str) -> WeftError:
    """A row holds what nothing of ours has written there."""
    return WeftError("unreadable", f"What is stored cannot be read: {where}.", where=where)


def submission_from(row: Row) -> LoggedSubmission:
    """A row of `operations` as the statements of sql/log.sql select it. Raises WeftError
    unreadable.
    """
    if type(row["operation"]) is not list:
        raise unreadable(f"operations, version {row['version']}")
    return LoggedSubmission(
        row["version"],
        row["replica_id"],
        row["sequence"],
        row["user_id"],
        row["client_version"],
        tuple(row["operation"]),
        row["fingerprint"],
        row["at_ms"],
    )


def checkpoint_from(dashboard_id: UUID, row: Row) -> Checkpoint:
    """A row of `checkpoints`; the replica marks have a table of their own. Raises WeftError
    unreadable.
    """
    if type(row["state"]) is not dict:
        raise unreadable(f"checkpoints, version {row['version']}")
    return Checkpoint(dashboard_id, row["version"], row["state"], row["operations_count"])


def dashboard_rows_from(row: Row) -> DashboardRows:
    """The row of sql/checkpoints.sql, read_rows: `widgets` maps ids to records with a version."""
    widgets: dict[str, dict[str, Any]] = row["widgets"]
    versions = {widget_id: widget.pop("version") for widget_id, widget in widgets.items()}
    state = {name: row[name] for name in ("title", "description", "settings", "layout")}
    return DashboardRows(row["version"], {**state, "widgets": widgets}, versions)


def live_value_from(row: Row) -> LiveValue:
    """The row of sql/checkpoints.sql, live_values."""
    return LiveValue(row["id"], row["live_data"], row["live_at_ms"])


def check_text(name: str, text: str | None, max_characters: int) -> None:
    """Refuse by name what a column of this width cannot hold (law 7)."""
    if text is None:
        return
    if len(text) > max_characters:
        raise WeftError("limit_exceeded", f"{name} is longer than {max_characters} characters")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise WeftError("unstorable_text", field=name)


def check_title(title: str) -> None:
    check_text("title", title, TITLE_MAX_CHARACTERS)


def check_role(role: str) -> None:
    if role not in ROLES:
        raise WeftError("invalid_message", f"role must be one of {', '.join(ROLES)}")
