"""What a webhook is sent, when again, and where it may not lead. Pure.

A delivery is a POST of one JSON object, {id, topic, dashboardId, createdAt, data}, signed. It may
come more than once: `id` tells a repetition, and of committed changes the versions do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from storage.delivery_ports import COMMITTED, OutboxEvent
from storage.ports import LoggedSubmission
from weft import limits
from weft.models.address import Address, Network, plain_address
from weft.wire.signature import SIGNATURE_HEADER, sign

_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNSPECIFIED_BLOCK: Final = IPv4Network("0.0.0.0/8")


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """`networks`: addresses that may be reached though they are not of the public internet."""

    networks: tuple[Network, ...] = ()
    attempts_max: int = limits.WEBHOOK_ATTEMPTS_MAX
    retry_first_seconds: float = limits.WEBHOOK_RETRY_FIRST_SECONDS
    retry_max_seconds: float = limits.WEBHOOK_RETRY_MAX_SECONDS
    lease_seconds: float = limits.OUTBOX_LEASE_SECONDS
    timeout_seconds: float = limits.WEBHOOK_TIMEOUT_SECONDS
    look_seconds: float = limits.WEBHOOK_LOOK_SECONDS
    sweep_seconds: float = limits.WEBHOOK_SWEEP_SECONDS

    def retry_after_seconds(self, attempts: int, chance: float) -> float | None:
        """`attempts`: so far. `chance`: 0..1, so that not all come back at once. None: no more."""
        if attempts >= self.attempts_max:
            return None
        longest = min(self.retry_first_seconds * 2.0 ** (attempts - 1), self.retry_max_seconds)
        return longest * (0.5 + chance / 2)


def places_each(webhooks: int) -> int:
    """How many deliveries of one webhook may be under way in a gateway that tells so many. They
    are its own: one that hangs takes none from the others.
    """
    return max(1, min(limits.WEBHOOK_AT_ONCE_EACH_MAX, limits.WEBHOOK_AT_ONCE_MAX // webhooks))


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery. `up_to_version`: of committed changes, the last in it."""

    id: UUID
    topic: str
    body: bytes
    up_to_version: int = 0

    def headers(self, secret: str, at_seconds: int, attempt: int) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "weft-webhook/1",
            "Weft-Id": str(self.id),
            "Weft-Topic": self.topic,
            "Weft-Attempt": str(attempt),
            SIGNATURE_HEADER: sign(secret, self.body, at_seconds),
        }


def event_message(event: OutboxEvent) -> Message:
    return _message(
        event.event_id, event.topic, event.dashboard_id, event.created_at, event.payload
    )


def changes_message(
    dashboard_id: UUID, submissions: Collection[LoggedSubmission], head_version: int
) -> Message:
    """As many of `submissions`, which must not be none, as one delivery holds: at least one."""
    told: list[dict[str, Any]] = []
    size = 0
    for submission in submissions:
        each = submission.to_wire()
        size += len(orjson.dumps(each))
        if told and size > limits.WEBHOOK_BODY_MAX_BYTES:
            break
        told.append(each)
    first, last = told[0]["version"], told[-1]["version"]
    data = {
        "fromVersion": first,
        "toVersion": last,
        "headVersion": head_version,
        "submissions": told,
    }
    return _message(uuid5(dashboard_id, f"{first}-{last}"), COMMITTED, dashboard_id, None, data)


def _message(
    event_id: UUID,
    topic: str,
    dashboard_id: UUID | None,
    created_at: datetime | None,
    data: Any,
) -> Message:
    told: dict[str, Any] = {"id": event_id, "topic": topic}
    if dashboard_id is not None:
        told["dashboardId"] = dashboard_id
    if created_at is not None:
        told["createdAt"] = created_at
    body = orjson.dumps(told | {"data": data})
    return Message(event_id, topic, body, data["toVersion"] if topic == COMMITTED else 0)


def may_be_reached(address: Address, networks: Collection[Network]) -> bool:
    """Whether a webhook may lead there: a host product's URL must not open the network that the
    server stands in. An IPv4 address that an IPv6 one stands for counts as itself.
    """
    meant = _meant(address)
    if any(meant in network for network in networks if network.version == meant.version):
        return True
    if meant.version == 4 and meant in _UNSPECIFIED_BLOCK:
        return False
    return meant.is_global and not meant.is_multicast and not meant.is_reserved


def _meant(address: Address) -> Address:
    address = plain_address(address)
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
    return address
