"""Law 6, permission is sequenced: one subscription, and what its user may do there at this moment.

Rights change when grants do, and by time alone; who may read no more is let go, everyone else is
told what has changed.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple
from uuid import UUID

from actors.events import Attached, Subscription
from actors.permission import STRANGER, Author, permissions_of
from actors.snapshots import Sending
from weft.errors import WeftError
from weft.models import Context, Resource, Subject, may_read
from weft.wire.frames import permission_frame


class Stage(Enum):
    IDENTIFYING = auto()  # the grants are being looked up
    WAITING = auto()  # for the replica's uncommitted submission to be decided
    FETCHING = auto()  # a page of the log
    READING = auto()  # parts of a snapshot, or a page
    JOINED = auto()


class Rights(NamedTuple):
    """As a client is told them."""

    role: str
    permissions: tuple[str, ...]


NO_RIGHTS: Final = Rights("viewer", ())


@dataclass(slots=True)
class Subscriber:
    """One subscription, from `Attached` to its end. Until it is identified it may do nothing."""

    subscription: Subscription
    author: Author
    version: int | None
    wants_tail: bool
    feeds: bool = False
    stage: Stage = Stage.IDENTIFYING
    identify_again: bool = False  # the grants have changed while they were looked up
    rights: Rights = NO_RIGHTS
    sending: Sending | None = None  # a snapshot in parts
    unread: int = 0  # parts and pages that it has not read yet
    look_again_ms: int | None = None  # when time alone may change them

    @classmethod
    def of(cls, event: Attached) -> "Subscriber":
        author = Author.of(event.user_id, event.replica_id, STRANGER, event.address)
        return cls(event.subscription, author, event.version, event.wants_tail, event.feeds)

    @property
    def user_id(self) -> UUID:
        return self.author.user_id

    @property
    def replica_id(self) -> UUID:
        return self.author.replica_id

    def grant(self, subject: Subject, at_ms: int) -> WeftError | None:
        """From now on it may do what `subject` may. The error for it, if it may not even read."""
        self.author = self.author.with_subject(subject)
        return self.look(at_ms)

    def look(self, at_ms: int) -> WeftError | None:
        """What the rights have come to by now. The error for it, if it may not read any more."""
        subject, context = self.author.subject, Context(at_ms, self.author.address)
        self.look_again_ms = subject.next_change_ms(at_ms)
        reading = may_read(subject, context)
        if not reading.allowed:
            return reading.refusal("read", Resource("dashboard"))
        self.rights = Rights(subject.role or "viewer", permissions_of(subject, context))
        return None

    def news_of_rights(self, dashboard_id: UUID, before: Rights) -> bytes | None:
        """What it is told, if they are others than before. Who is joining is told with `joined`."""
        if self.stage is not Stage.JOINED or self.rights == before:
            return None
        return permission_frame(dashboard_id, *self.rights)

    def is_to_be_looked_at(self, now_ms: int) -> bool:
        return self.look_again_ms is not None and self.look_again_ms <= now_ms


def reads_no_more(refusal: WeftError) -> WeftError:
    """What a subscriber is told whose right to read is gone."""
    reason = refusal.details.get("reason", "no_access")
    return WeftError("forbidden", "This user may not read it any more.", reason=reason)
