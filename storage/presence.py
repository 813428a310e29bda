"""Law 8, presence is true: what gateways leave for each other about who is where.

An entry is one connection on one dashboard, written by the gateway that has its socket and by
nobody else; `stamp` rises with each word about a connection, so that what comes late changes
nothing. An entry is there until it is removed, or until nobody has renewed it for so long.

What is published is a hint that may be lost, late or twice; the entries are the truth. A listener
is told when it hears (`Listening`: publish and read all anew) and when it does not (`Deaf`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import orjson
from pydantic import ValidationError

from storage.notices import Deaf, Listening
from weft.models import Present


class Place(NamedTuple):
    """Whose connection, and where."""

    dashboard_id: UUID
    user_id: UUID
    connection_id: str


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    place: Place
    gateway: str  # of one life: it differs after a restart
    stamp: int
    presence: bytes  # JSON of weft.models.Present


@dataclass(frozen=True, slots=True)
class PresenceNews:
    """Of one dashboard, from one gateway."""

    dashboard_id: UUID
    gateway: str
    changed: tuple[PresenceEntry, ...] = ()
    left: tuple[tuple[str, int], ...] = ()  # connection id, and its last stamp


HeardPresence: TypeAlias = PresenceNews | Listening | Deaf
HearPresence: TypeAlias = Callable[[HeardPresence], None]


class PresenceStore(Protocol):
    """One gateway's way to it. All but `subscribe` raise WeftError storage_unavailable."""

    async def tell(
        self,
        write: Collection[PresenceEntry],
        remove: Collection[Place],
        news: Collection[PresenceNews],
        ttl_seconds: float,
    ) -> None:
        """In this order: whoever hears the news finds what was written."""

    async def renew(self, places: Collection[Place], ttl_seconds: float) -> set[Place]:
        """Believed for so long from now on. Returns those that are not there (any more)."""

    async def sweep(self) -> None:
        """Remove what nobody has renewed in time, of whatever gateway."""

    async def rosters(
        self, dashboard_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[PresenceEntry, ...]]:
        """Everybody on each of them whose time is not over."""

    async def follow(self, dashboard_id: UUID) -> None:
        """Hear its news. When this has returned, none is missed until `Deaf`."""

    async def unfollow(self, dashboard_id: UUID) -> None: ...

    def subscribe(self, hear: HearPresence) -> None:
        """`hear` is called in the event loop, must not wait, and hears at once how it stands."""


EXPIRY_KEY: Final = "presence:expiry"
CHANNEL_PREFIX: Final = "presence:"


def presence_channel(dashboard_id: UUID) -> str:
    return f"{CHANNEL_PREFIX}{dashboard_id}"


def encode_entry(entry: PresenceEntry) -> bytes:
    return orjson.dumps(_entry_json(entry))


def decode_entry(dashboard_id: UUID, raw: object) -> PresenceEntry | None:
    """None: not one of ours."""
    try:
        return _entry_from(dashboard_id, orjson.loads(raw))  # type: ignore[arg-type]
    except ValueError:
        return None


def encode_news(news: PresenceNews) -> bytes:
    return orjson.dumps(
        {
            "gateway": news.gateway,
            "changed": [_entry_json(entry) for entry in news.changed],
            "left": news.left,
        }
    )


def decode_news(dashboard_id: UUID, raw: object) -> PresenceNews | None:
    """None: not one of ours."""
    try:
        match orjson.loads(raw):  # type: ignore[arg-type]
            case {"gateway": str(gateway), "changed": list(changed), "left": list(left)}:
                entries = tuple(_entry_from(dashboard_id, entry) for entry in changed)
                return PresenceNews(dashboard_id, gateway, entries, tuple(map(_gone, left)))
    except ValueError:
        pass
    return None


def _entry_json(entry: PresenceEntry) -> dict[str, Any]:
    presence = orjson.Fragment(entry.presence)
    return {"gateway": entry.gateway, "stamp": entry.stamp, "presence": presence}


def _entry_from(dashboard_id: UUID, content: Any) -> PresenceEntry:
    """Raises ValueError: it goes to browsers, so what strangers write there must not."""
    match content:
        case {"gateway": str(gateway), "stamp": int(stamp), "presence": dict(presence)}:
            try:
                found = Present.model_validate(presence, by_alias=True, by_name=False)
            except ValidationError as error:
                raise ValueError(str(error)) from None
            place = Place(dashboard_id, found.user_id, found.connection_id)
            return PresenceEntry(place, gateway, stamp, orjson.dumps(presence))
    raise ValueError("no entry")


def _gone(content: Any) -> tuple[str, int]:
    match content:
        case [str(connection_id), int(stamp)]:
            return connection_id, stamp
    raise ValueError("no departure")
