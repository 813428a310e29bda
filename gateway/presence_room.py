"""Law 8, presence is true: who is on one dashboard, as one gateway knows it.

Those with a socket here are known for certain. The others were heard of, and are believed while
the store confirms them: who is not in what the store answers, and was not heard of after it was
asked, has gone. A departure is remembered until then, so that what comes late makes no ghost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import orjson

from storage.presence import Place, PresenceEntry, PresenceNews
from weft.limits import PRESENCE_FRAME_MAX_BYTES, PRESENCE_TTL_SECONDS
from weft.models import PresenceUser
from weft.wire.codec import encode
from weft.wire.messages import SetPresence

TTL_MS = round(PRESENCE_TTL_SECONDS * 1000)


@dataclass(slots=True)
class Member:
    """A connection with its socket at this gateway. `stamp` rises with each word about it."""

    place: Place
    replica_id: UUID
    user: PresenceUser
    at_ms: int
    stamp: int
    told: SetPresence | None = None
    is_written: bool = False  # as it is now
    was_written: bool = False  # ever
    _encoded: bytes = b""

    def tell(self, told: SetPresence, at_ms: int, stamp: int) -> None:
        self.told, self.at_ms, self.stamp = told, at_ms, stamp
        self.is_written = False
        self._encoded = b""

    @property
    def encoded(self) -> bytes:
        """As JSON of `Present`; most of what is told is replaced before anybody asks for it."""
        if not self._encoded:
            self._encoded = _present_json(self)
        return self._encoded

    def entry(self, gateway: str) -> PresenceEntry:
        return PresenceEntry(self.place, gateway, self.stamp, self.encoded)


@dataclass(slots=True)
class Stranger:
    """A connection of another gateway."""

    entry: PresenceEntry
    heard_at_ms: int
    confirmed_at_ms: int


@dataclass(slots=True)
class Room:
    """`members` are here, `strangers` elsewhere; `changed` and `left` were not shown yet."""

    dashboard_id: UUID
    followers: set[str] = field(default_factory=set)  # connections that want to join, or have
    members: dict[str, Member] = field(default_factory=dict)
    strangers: dict[str, Stranger] = field(default_factory=dict)
    is_known: bool = False  # the store has told who is here, or cannot
    needs_reading: bool = True
    changed: dict[str, None] = field(default_factory=dict)
    left: dict[str, None] = field(default_factory=dict)
    unpublished: dict[str, None] = field(default_factory=dict)  # members others must hear of
    _gone: dict[str, tuple[int, int]] = field(default_factory=dict)  # last stamp, heard when

    # --- here ----------------------------------------------------------------------------------

    def enter(self, member: Member) -> None:
        connection_id = member.place.connection_id
        self.members[connection_id] = member
        self._has_changed(connection_id)
        self.unpublished[connection_id] = None

    def move(self, connection_id: str, told: SetPresence, at_ms: int, stamp: int) -> bool:
        """False: it is not here (any more)."""
        member = self.members.get(connection_id)
        if member is None:
            return False
        member.tell(told, at_ms, stamp)
        self._has_changed(connection_id)
        self.unpublished[connection_id] = None
        return True

    def depart(self, connection_id: str) -> Member | None:
        self.followers.discard(connection_id)
        member = self.members.pop(connection_id, None)
        if member is not None:
            self._has_left(connection_id)
            self.unpublished.pop(connection_id, None)
        return member

    # --- elsewhere -----------------------------------------------------------------------------

    def hear(self, news: PresenceNews, at_ms: int) -> None:
        for entry in news.changed:
            self._meet(entry, at_ms)
        for connection_id, stamp in news.left:
            if stamp > self._gone.get(connection_id, (-1, 0))[0]:
                self._gone[connection_id] = (stamp, at_ms)
            stranger = self.strangers.get(connection_id)
            if stranger is not None and stranger.entry.stamp <= stamp:
                self._lose(connection_id)

    def read(self, entries: Iterable[PresenceEntry], gateway: str, asked_at_ms: int) -> None:
        """What the store holds, some of it written by this `gateway` itself."""
        present = set()
        for entry in entries:
            if entry.gateway != gateway:
                present.add(entry.place.connection_id)
                self._meet(entry, asked_at_ms, confirmed=True)
        for connection_id, stranger in list(self.strangers.items()):
            if connection_id not in present and stranger.heard_at_ms < asked_at_ms:
                self._lose(connection_id)
        kept = {gone: (stamp, at) for gone, (stamp, at) in self._gone.items() if at >= asked_at_ms}
        self._gone = kept

    def forget_unconfirmed(self, at_ms: int) -> None:
        """The store has not told of them for too long."""
        for connection_id, stranger in list(self.strangers.items()):
            if stranger.confirmed_at_ms + TTL_MS < at_ms:
                self._lose(connection_id)

    def _meet(self, entry: PresenceEntry, at_ms: int, *, confirmed: bool = False) -> None:
        connection_id = entry.place.connection_id
        last_stamp, _ = self._gone.get(connection_id, (-1, 0))
        if connection_id in self.members or entry.stamp <= last_stamp:
            return
        known = self.strangers.get(connection_id)
        if known is None or known.entry.stamp < entry.stamp:
            heard_at_ms = known.heard_at_ms if known and confirmed else at_ms
            self.strangers[connection_id] = Stranger(entry, heard_at_ms, at_ms)
            self._has_changed(connection_id)
        else:
            known.confirmed_at_ms = max(known.confirmed_at_ms, at_ms)

    def _lose(self, connection_id: str) -> None:
        del self.strangers[connection_id]
        self._has_left(connection_id)

    # --- what is told --------------------------------------------------------------------------

    def roster_frame(self) -> bytes:
        roster = [orjson.Fragment(each) for each in self.encoded()]
        return encode({"type": "roster", "dashboardId": self.dashboard_id, "roster": roster})

    def encoded(self) -> Iterator[bytes]:
        """Everybody, as JSON of `Present`."""
        yield from (member.encoded for member in self.members.values())
        yield from (stranger.entry.presence for stranger in self.strangers.values())

    def next_frame(self) -> bytes | None:
        """What has changed since the last one, as far as it fits; None: nothing."""
        if not self.changed and not self.left:
            return None
        changed: list[orjson.Fragment] = []
        size = 0
        for connection_id in list(self.changed):
            presence = self._encoded_of(connection_id)
            size += len(presence)
            if changed and size > PRESENCE_FRAME_MAX_BYTES:
                break
            del self.changed[connection_id]
            changed.append(orjson.Fragment(presence))
        left, self.left = list(self.left), {}
        frame = {"type": "presence", "dashboardId": self.dashboard_id, "changed": changed}
        return encode({**frame, "left": left})

    def _encoded_of(self, connection_id: str) -> bytes:
        member = self.members.get(connection_id)
        return member.encoded if member else self.strangers[connection_id].entry.presence

    def _has_changed(self, connection_id: str) -> None:
        self.left.pop(connection_id, None)
        self.changed[connection_id] = None

    def _has_left(self, connection_id: str) -> None:
        self.changed.pop(connection_id, None)
        self.left[connection_id] = None


def _present_json(member: Member) -> bytes:
    place, told = member.place, member.told
    content = {
        "userId": place.user_id,
        "user": member.user,
        "isActive": told is None or told.is_active,
        "lastUpdate": datetime.fromtimestamp(member.at_ms / 1000, UTC),
        "connectionId": place.connection_id,
        "replicaId": member.replica_id,
    }
    if told is not None:
        spoken = ("cursor", "selection", "viewport", "version")
        content |= {name: value for name in spoken if (value := getattr(told, name)) is not None}
    return encode(content)
