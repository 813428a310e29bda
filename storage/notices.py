"""What one node tells all others when rights end, so that open sockets learn of it within 1 s.

A notice only says where to look: whoever hears one asks PostgreSQL. It may come twice; it may not
come at all while a node is cut off. So a listener is told when it hears (`Listening`: look once at
all that is open, for what was missed) and when it does not (`Deaf`: until the next `Listening`,
look every SESSION_LOOK_SECONDS). A writer that is cut off while its listeners are not raises the
epoch of the caches in PostgreSQL, which every node asks for all the time: who sees it rise looks
at all that is open. Changed grants need no notice: the dashboard's owner tells its subscribers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias
from uuid import UUID

import orjson

from weft.limits import USER_NOTICE_MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class SessionEnded:
    session_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class UserChanged:
    """The account was deactivated or deleted, or all its sessions have ended: look at each."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class UserTold:
    """Something for a user to read, on every device that is connected now. Not kept."""

    user_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Listening:
    """From here on nothing is missed."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """From here on anything may be."""


Notice: TypeAlias = SessionEnded | UserChanged | UserTold
Heard: TypeAlias = Notice | Listening | Deaf
Hear: TypeAlias = Callable[[Heard], None]


class Notices(Protocol):
    async def publish(self, notices: Iterable[Notice]) -> None:
        """In this order. Raises WeftError storage_unavailable: perhaps nobody has heard."""

    def subscribe(self, hear: Hear) -> None:
        """It is called in the event loop, must not wait, and hears at once how it stands."""


CHANNEL: Final = "notices"


def encode_notice(notice: Notice) -> bytes:
    ids = [getattr(notice, name) for name in notice.__slots__]
    return orjson.dumps([type(notice).__name__, *ids])


def decode_notice(raw: object) -> Notice | None:
    """None: not one of ours."""
    try:
        match orjson.loads(raw):  # type: ignore[arg-type]
            case ["SessionEnded", str(session_id), str(user_id)]:
                return SessionEnded(UUID(session_id), UUID(user_id))
            case ["UserChanged", str(user_id)]:
                return UserChanged(UUID(user_id))
            case ["UserTold", str(user_id), str(text)] if len(text) <= USER_NOTICE_MAX_CHARACTERS:
                return UserTold(UUID(user_id), text)
    except ValueError:
        pass
    return None
