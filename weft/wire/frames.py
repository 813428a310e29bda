"""Encode once: each server frame as bytes, built in one step from what its author holds."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from weft.errors import WeftError
from weft.wire.codec import encode
from weft.wire.messages import PROTOCOL_VERSION


def submission_json(
    *,
    version: int,
    replica_id: UUID,
    sequence: int,
    user_id: UUID,
    base_version: int,
    operations: Sequence[Mapping[str, Any]],
    at_ms: int,
) -> dict[str, Any]:
    """One committed submission as it appears in `committed`, `joined` and `tail`."""
    return {
        "version": version,
        "replicaId": replica_id,
        "sequence": sequence,
        "userId": user_id,
        "baseVersion": base_version,
        "operations": operations,
        "at": at_ms,
    }


def welcome_frame(
    connection_id: str, user_id: UUID, server_time_ms: int, limits: Mapping[str, float]
) -> bytes:
    return encode(
        {
            "type": "welcome",
            "protocol": PROTOCOL_VERSION,
            "connectionId": connection_id,
            "userId": user_id,
            "serverTime": server_time_ms,
            "limits": limits,
        }
    )


def reauthenticate_frame(deadline_ms: int) -> bytes:
    return encode({"type": "reauthenticate", "deadline": deadline_ms})


def authenticated_frame(deadline_ms: int) -> bytes:
    return encode({"type": "authenticated", "deadline": deadline_ms})


def notice_frame(text: str) -> bytes:
    return encode({"type": "notice", "text": text})


def tail_frame(
    dashboard_id: UUID, submissions: Sequence[Mapping[str, Any]], head_version: int
) -> bytes:
    return encode(
        {
            "type": "tail",
            "dashboardId": dashboard_id,
            "submissions": submissions,
            "headVersion": head_version,
        }
    )


def snapshot_frame(dashboard_id: UUID, version: int, part: int, parts: int, text: str) -> bytes:
    """`part` counts from 1."""
    return encode(
        {
            "type": "snapshot",
            "dashboardId": dashboard_id,
            "version": version,
            "part": part,
            "parts": parts,
            "text": text,
        }
    )


def joined_frame(
    dashboard_id: UUID,
    *,
    version: int,
    role: str,
    permissions: Sequence[str] = (),
    snapshot: tuple[int, Mapping[str, Any]] | None,
    submissions: Sequence[Mapping[str, Any]],
    last_sequence: int,
    last_version: int,
    live: Mapping[str, Any] | None = None,
) -> bytes:
    """`snapshot` is (version, state); `live` as in `data_frame`."""
    frame: dict[str, Any] = {
        "type": "joined",
        "dashboardId": dashboard_id,
        "version": version,
        "role": role,
        "permissions": permissions,
        "submissions": submissions,
        "lastSequence": last_sequence,
        "lastVersion": last_version,
    }
    if snapshot is not None:
        frame["snapshot"] = {"version": snapshot[0], "state": snapshot[1]}
    if live:
        frame["live"] = live
    return encode(frame)


def with_roster(joined: bytes, roster: Sequence[bytes]) -> bytes:
    """A `joined` frame as its owner has encoded it, with who is present: JSON of each `Present`."""
    return b"".join((joined[:-1], b',"roster":[', b",".join(roster), b"]}"))


def permission_frame(dashboard_id: UUID, role: str, permissions: Sequence[str]) -> bytes:
    return encode(
        {
            "type": "permission",
            "dashboardId": dashboard_id,
            "role": role,
            "permissions": permissions,
        }
    )


def committed_frame(dashboard_id: UUID, submissions: Sequence[Mapping[str, Any]]) -> bytes:
    return encode({"type": "committed", "dashboardId": dashboard_id, "submissions": submissions})


def data_frame(dashboard_id: UUID, values: Mapping[str, Any]) -> bytes:
    """`values`: by widget id, {"at": ms since epoch, "value": what it was fed, if anything}."""
    return encode({"type": "data", "dashboardId": dashboard_id, "values": values})


def acknowledged_frame(dashboard_id: UUID, sequence: int, version: int) -> bytes:
    return encode(
        {
            "type": "acknowledged",
            "dashboardId": dashboard_id,
            "sequence": sequence,
            "version": version,
        }
    )


def rejected_frame(dashboard_id: UUID | str, sequence: int, error: WeftError) -> bytes:
    return encode(
        {"type": "rejected", "dashboardId": dashboard_id, "sequence": sequence}
        | _without_about(error)
    )


def ended_frame(dashboard_id: UUID, error: WeftError) -> bytes:
    return encode({"type": "ended", "dashboardId": dashboard_id} | _without_about(error))


def left_frame(dashboard_id: UUID) -> bytes:
    return encode({"type": "ended", "dashboardId": dashboard_id, "code": "left"})


def error_frame(error: WeftError, about: Mapping[str, Any] | None = None) -> bytes:
    """`about`: of what else than a frame that was refused it tells."""
    fields = error.to_json() if about is None else error.to_json() | {"about": about}
    return encode({"type": "error"} | fields)


def goaway_frame(error: WeftError, retry_after_ms: int) -> bytes:
    return encode({"type": "goaway"} | error.to_json() | {"retryAfterMs": retry_after_ms})


def pong_frame(nonce: str | int | None, server_time_ms: int) -> bytes:
    frame: dict[str, Any] = {"type": "pong", "serverTime": server_time_ms}
    if nonce is not None:
        frame["nonce"] = nonce
    return encode(frame)


def _without_about(error: WeftError) -> dict[str, Any]:
    """The frame itself says what it is about."""
    fields = error.to_json()
    fields.pop("about", None)
    return fields
