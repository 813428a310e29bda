"""How heartbeats and a dashboard's lock are written in Redis.

Whoever can write to Redis can write nonsense: what cannot be read counts as absent.
"""

from typing import Any, Final
from uuid import UUID

import orjson

from storage.ports import OwnerAddress, Whereabouts

INSTANT_END_MS: Final = 253_402_300_800_000  # the year 10000


def owner_key(owner_id: str) -> str:
    return f"owner:{owner_id}"


def gateway_key(server_id: str) -> str:
    return f"gateway:{server_id}"


def gateway_connections_key(server_id: str) -> str:
    return f"gateway:{server_id}:connections"


def lock_key(dashboard_id: UUID) -> str:
    return f"operations:{dashboard_id}:lock"


def encode_heartbeat(address: OwnerAddress) -> bytes:
    return orjson.dumps({"incarnation": address.incarnation, "url": address.url})


def decode_heartbeat(owner_id: str, raw: bytes | None) -> OwnerAddress | None:
    match _decode(raw):
        case {"incarnation": str(incarnation), "url": str(url)}:
            return OwnerAddress(owner_id, incarnation, url)
    return None


def encode_lock(address: OwnerAddress) -> bytes:
    return orjson.dumps({"ownerId": address.owner_id, "incarnation": address.incarnation})


def decode_lock(raw: bytes | None) -> tuple[str, str] | None:
    """(owner id, incarnation)"""
    match _decode(raw):
        case {"ownerId": str(owner_id), "incarnation": str(incarnation)}:
            return owner_id, incarnation
    return None


def decode_whereabouts(
    connection_id: str, user_id: UUID, record: dict[bytes, bytes]
) -> Whereabouts | None:
    """Of this user; None: of another, or not one of ours."""
    try:
        if UUID(record[b"userId"].decode()) != user_id:
            return None
        rooms = _decode(record[b"roomIds"])
        return Whereabouts(
            connection_id,
            UUID(record[b"sessionId"].decode()),
            record[b"serverId"].decode(),
            frozenset(UUID(room) for room in rooms if isinstance(rooms, list)),
            _instant_ms(record[b"lastPing"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _instant_ms(raw: bytes) -> int:
    """Raises ValueError for what no calendar has."""
    at_ms = int(raw)
    if not 0 <= at_ms < INSTANT_END_MS:
        raise ValueError("beyond the year 9999")
    return at_ms


def _decode(raw: bytes | None) -> Any:
    try:
        return orjson.loads(raw) if raw else None
    except ValueError:
        return None
