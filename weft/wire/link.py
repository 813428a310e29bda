"""The gateway-owner link: lines of docs/architecture.md, typed, packed into batches in order.

A batch is lines separated by a newline, which JSON text never holds; a client's frame travels as
a line of its own, so its bytes are never parsed or copied apart on the way. Both ends are ours:
a line that does not fit raises WeftError `malformed`, and the link is closed.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import orjson

from weft.errors import WeftError
from weft.models.address import Address, parse_address
from weft.wire.codec import encode


class LinkHello(NamedTuple):
    secret: str
    gateway_id: str


class Attach(NamedTuple):
    """`n` numbers the subscription within the link."""

    n: int
    dashboard_id: UUID
    user_id: UUID
    connection_id: str
    replica_id: UUID
    version: int | None
    wants_tail: bool
    address: Address | None = None  # of the client, as seen past the trusted proxies
    feeds: bool = False  # it brings live values, and is told of nothing


ANYTHING: Final = "*"


class Submitted(NamedTuple):
    """`guard`: nothing may have touched this since the base version: a widget's id, or ANYTHING of
    the dashboard. Otherwise the submission is rejected with `conflict`.
    """

    n: int
    sequence: int
    base_version: int
    operations: list[dict[str, Any]]
    guard: str | None = None
    seen_version: int | None = None  # None: the base version


class Feed(NamedTuple):
    """A live value. `number` tells which one the `Reply` is about: {"number"}, with the error
    fields when it was refused.
    """

    n: int
    number: int
    widget_id: UUID
    value: dict[str, Any]


class Detach(NamedTuple):
    n: int


class Taken(NamedTuple):
    """The client has read what was sent as one `Part`."""

    n: int


class Regrant(NamedTuple):
    """Grants on this dashboard have changed: of one user, or (None) of anybody. → `Done`"""

    n: int
    dashboard_id: UUID
    user_id: UUID | None = None


class Move(NamedTuple):
    """Give this dashboard to another live owner. → `Done`"""

    n: int
    dashboard_id: UUID
    owner_id: str
    incarnation: str
    url: str


class Joined(NamedTuple):
    n: int
    frame: bytes


class Reply(NamedTuple):
    n: int
    frame: bytes


class Part(NamedTuple):
    """Some of what a long catch-up takes. → `Taken`"""

    n: int
    frame: bytes


class Ended(NamedTuple):
    n: int
    frame: bytes


class Moved(NamedTuple):
    """This subscription goes on at another owner. `frame`: {"version": up to which everything has
    been told over this link, "owner": {ownerId, incarnation, url}}. What was submitted and has not
    been answered has not committed here, and never will.
    """

    n: int
    frame: bytes


class Done(NamedTuple):
    """The answer to `Regrant`: {"epoch": under which the dashboard is open here, or null}; and to
    `Move`: {"version": at which it was handed over}; or the error fields.
    """

    n: int
    frame: bytes


class Publish(NamedTuple):
    dashboard_id: UUID
    frame: bytes


class Live(NamedTuple):
    """For everyone in the room who has room: a `data` frame, whose values may be skipped."""

    dashboard_id: UUID
    frame: bytes


ToOwner: TypeAlias = LinkHello | Attach | Submitted | Feed | Taken | Detach | Regrant | Move
ToGateway: TypeAlias = Joined | Reply | Part | Ended | Publish | Live | Moved | Done


def pack_to_owner(lines: Iterable[ToOwner]) -> bytes:
    return b"\n".join(map(_line_to_owner, lines))


def pack_to_gateway(lines: Iterable[ToGateway]) -> bytes:
    return b"\n".join(map(_lines_to_gateway, lines))


def unpack_to_owner(batch: bytes | str) -> list[ToOwner]:
    return [_read_to_owner(line) for line in _split(batch)]


def unpack_to_gateway(batch: bytes | str) -> list[ToGateway]:
    lines = _split(batch)
    if len(lines) % 2:
        raise _unfit("a line without its frame")
    return [
        _read_to_gateway(head, frame) for head, frame in zip(lines[::2], lines[1::2], strict=True)
    ]


def _line_to_owner(line: ToOwner) -> bytes:
    match line:
        case Submitted(n, sequence, base_version, operations, guard, seen_version):
            told: dict[str, Any] = {
                "sequence": sequence,
                "baseVersion": base_version,
                "operations": operations,
            }
            if guard is not None:
                told["guard"] = guard
            if seen_version is not None:
                told["seenVersion"] = seen_version
            return encode(["submit", n, told])
        case Feed(n, number, widget_id, value):
            return encode(["feed", n, number, widget_id, value])
        case Attach():
            return encode(["attach", line.n, _attach_fields(line)])
        case Taken(n):
            return encode(["taken", n])
        case Detach(n):
            return encode(["detach", n])
        case Regrant(n, dashboard_id, user_id):
            return encode(["regrant", n, {"dashboardId": dashboard_id, "userId": user_id}])
        case Move(n, dashboard_id, owner_id, incarnation, url):
            owner = {"ownerId": owner_id, "incarnation": incarnation, "url": url}
            return encode(["move", n, {"dashboardId": dashboard_id, "owner": owner}])
        case LinkHello(secret, gateway_id):
            return encode(["hello", {"secret": secret, "gatewayId": gateway_id}])


def _attach_fields(line: Attach) -> dict[str, Any]:
    return {
        "dashboardId": line.dashboard_id,
        "userId": line.user_id,
        "connectionId": line.connection_id,
        "replicaId": line.replica_id,
        "version": line.version,
        "wantsTail": line.wants_tail,
        "address": None if line.address is None else str(line.address),
        "feeds": line.feeds,
    }


def _lines_to_gateway(line: ToGateway) -> bytes:
    match line:
        case Publish(dashboard_id, frame):
            head = encode(["publish", dashboard_id])
        case Live(dashboard_id, frame):
            head = encode(["live", dashboard_id])
        case Joined(n, frame):
            head = encode(["joined", n])
        case Reply(n, frame):
            head = encode(["reply", n])
        case Part(n, frame):
            head = encode(["part", n])
        case Ended(n, frame):
            head = encode(["ended", n])
        case Moved(n, frame):
            head = encode(["moved", n])
        case Done(n, frame):
            head = encode(["done", n])
    return head + b"\n" + frame


def _read_to_owner(line: bytes) -> ToOwner:
    try:
        match orjson.loads(line):
            case [
                "submit",
                int(n),
                {
                    "sequence": int(sequence),
                    "baseVersion": int(base),
                    "operations": list(ops),
                } as told,
            ]:
                return Submitted(n, sequence, base, ops, told.get("guard"), told.get("seenVersion"))
            case ["feed", int(n), int(number), str(widget_id), dict(value)]:
                return Feed(n, number, UUID(widget_id), value)
            case ["attach", int(n), dict(fields)]:
                return _read_attach(n, fields)
            case ["regrant", int(n), {"dashboardId": str(dashboard_id), "userId": user_id}]:
                return Regrant(n, UUID(dashboard_id), None if user_id is None else UUID(user_id))
            case [
                "move",
                int(n),
                {
                    "dashboardId": str(dashboard_id),
                    "owner": {
                        "ownerId": str(owner_id),
                        "incarnation": str(incarnation),
                        "url": str(url),
                    },
                },
            ]:
                return Move(n, UUID(dashboard_id), owner_id, incarnation, url)
            case ["taken", int(n)]:
                return Taken(n)
            case ["detach", int(n)]:
                return Detach(n)
            case ["hello", {"secret": str(secret), "gatewayId": str(gateway_id)}]:
                return LinkHello(secret, gateway_id)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        pass
    raise _unfit("a line to an owner")


def _read_attach(n: int, fields: dict[str, Any]) -> Attach:
    return Attach(
        n,
        UUID(fields["dashboardId"]),
        UUID(fields["userId"]),
        fields["connectionId"],
        UUID(fields["replicaId"]),
        fields["version"],
        fields["wantsTail"],
        None if (address := fields.get("address")) is None else parse_address(address),
        bool(fields.get("feeds")),
    )


def _read_to_gateway(head: bytes, frame: bytes) -> ToGateway:
    try:
        match orjson.loads(head):
            case ["publish", str(dashboard_id)]:
                return Publish(UUID(dashboard_id), frame)
            case ["live", str(dashboard_id)]:
                return Live(UUID(dashboard_id), frame)
            case ["joined", int(n)]:
                return Joined(n, frame)
            case ["reply", int(n)]:
                return Reply(n, frame)
            case ["part", int(n)]:
                return Part(n, frame)
            case ["ended", int(n)]:
                return Ended(n, frame)
            case ["moved", int(n)]:
                return Moved(n, frame)
            case ["done", int(n)]:
                return Done(n, frame)
    except ValueError:  # not JSON, or not a UUID
        pass
    raise _unfit("a line to a gateway")


def _split(batch: bytes | str) -> list[bytes]:
    return (batch.encode() if isinstance(batch, str) else batch).split(b"\n")


def _unfit(what: str) -> WeftError:
    return WeftError("malformed", f"The link carries {what} that does not fit.")
