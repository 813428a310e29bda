"""Law 8, presence is true: the heart of a gateway's presence, for all its dashboards.

What connections here tell is shown to readers here at the next tick, and said to the other
gateways in one exchange with the store at a time; what waits meanwhile is coalesced, latest wins.
With every beat the gateway renews what it has, has what nobody renews swept, and reads each of its
dashboards anew: so news may be lost, late or repeated, and every roster still becomes the truth.
While the store does not answer, people here see each other, and others are forgotten in time.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Final
from uuid import UUID

from gateway.presence_events import (
    Approached,
    Beat,
    Departed,
    Entered,
    Event,
    Exchange,
    Exchanged,
    ExchangeFailed,
    Heard,
    Instruction,
    Moved,
    RosterKnown,
    Show,
    Ticked,
)
from gateway.presence_room import Member, Room
from storage.notices import Deaf, Listening
from storage.presence import Place, PresenceEntry, PresenceNews
from weft.limits import PRESENCE_FRAME_MAX_BYTES

Instructions = list[Instruction]


class Presence:
    """`handle` takes one event and returns what is to be done, in this order.

    `gateway` names this life of a gateway, and no other one.
    """

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self._rooms: dict[UUID, Room] = {}
        self._restless: dict[UUID, None] = {}  # rooms with something to show
        self._untold: dict[UUID, None] = {}  # rooms that others must hear of, or that must be read
        self._unfollowed: dict[UUID, None] = {}
        self._departed: dict[Place, int] = {}  # and the last stamp
        self._under_way: Exchange | None = None
        self._beat_is_due = False
        self._is_urgent = False  # somebody has come or gone: others hear of it before the tick
        self._is_deaf = True
        self._rests = False  # the store has failed: nothing is tried before the next beat
        self._last_stamp = 0

    def handle(self, event: Event) -> Instructions:
        return _HANDLERS[type(event)](self, event)

    @property
    def wants_tick(self) -> bool:
        """Is there anything that a tick would do?"""
        return bool(self._restless) or (self._may_exchange and self._has_to_tell)

    def follows(self, dashboard_id: UUID) -> bool:
        """Is there anybody here who has joined it, or is about to?"""
        return dashboard_id in self._rooms

    def encoded_roster(self, dashboard_id: UUID) -> list[bytes]:
        """Everybody who is known to be there, each as JSON of `Present`."""
        room = self._rooms.get(dashboard_id)
        return list(room.encoded()) if room else []

    def roster_frame(self, dashboard_id: UUID) -> bytes | None:
        room = self._rooms.get(dashboard_id)
        return room.roster_frame() if room else None

    @property
    def known(self) -> int:
        """Connections that are known to be on the dashboards of this gateway."""
        return sum(len(room.members) + len(room.strangers) for room in self._rooms.values())

    def users_here(self, dashboard_id: UUID) -> set[UUID]:
        """Of the connections at this gateway."""
        room = self._rooms.get(dashboard_id)
        return {member.place.user_id for member in room.members.values()} if room else set()

    # --- connections here ----------------------------------------------------------------------

    def _approached(self, event: Approached) -> Instructions:
        room = self._rooms.get(event.dashboard_id)
        if room is None:
            room = self._rooms[event.dashboard_id] = Room(event.dashboard_id)
            self._unfollowed.pop(event.dashboard_id, None)
            self._untold[event.dashboard_id] = None
        room.followers.add(event.connection_id)
        if room.is_known or self._is_deaf or self._rests:
            return [RosterKnown(event.dashboard_id)]
        return self._hurry(event.at_ms)

    def _entered(self, event: Entered) -> Instructions:
        room = self._rooms.get(event.dashboard_id)
        if room is None or event.connection_id not in room.followers:
            return []
        place = Place(event.dashboard_id, event.user.id, event.connection_id)
        stamp = self._stamp(event.at_ms)
        self._departed.pop(place, None)  # what is written now must not be removed after it
        room.enter(Member(place, event.replica_id, event.user, event.at_ms, stamp))
        self._stir(room)
        return self._hurry(event.at_ms)

    def _moved(self, event: Moved) -> Instructions:
        room = self._rooms.get(event.told.dashboard_id)
        stamp = self._stamp(event.at_ms)
        if room is not None and room.move(event.connection_id, event.told, event.at_ms, stamp):
            self._stir(room)
        return []

    def _left(self, event: Departed) -> Instructions:
        room = self._rooms.get(event.dashboard_id)
        if room is None:
            return []
        member = room.depart(event.connection_id)
        if member is not None:
            self._departed[member.place] = self._stamp(event.at_ms)
            self._restless[event.dashboard_id] = None
        if not room.followers:
            del self._rooms[event.dashboard_id]
            self._restless.pop(event.dashboard_id, None)
            self._untold.pop(event.dashboard_id, None)
            self._unfollowed[event.dashboard_id] = None
        return self._hurry(event.at_ms)

    def _hurry(self, at_ms: int) -> Instructions:
        self._is_urgent = True
        return self._exchange(at_ms)

    def _stir(self, room: Room) -> None:
        self._restless[room.dashboard_id] = None
        self._untold[room.dashboard_id] = None

    def _stamp(self, at_ms: int) -> int:
        self._last_stamp = max(self._last_stamp + 1, at_ms)
        return self._last_stamp

    # --- other gateways ------------------------------------------------------------------------

    def _heard(self, event: Heard) -> Instructions:
        match event.heard:
            case PresenceNews() as news:
                room = self._rooms.get(news.dashboard_id)
                if room is not None and news.gateway != self.gateway:
                    room.hear(news, event.at_ms)
                    self._restless[news.dashboard_id] = None
                return []
            case Listening():
                self._is_deaf = self._rests = False
                self._start_anew()
                return []
            case Deaf():
                self._is_deaf = True
                return self._let_go()

    def _start_anew(self) -> None:
        """Something may have been missed here, or lost there."""
        for room in self._rooms.values():
            room.needs_reading = True
            for member in room.members.values():
                member.is_written = member.was_written = False
                room.unpublished[member.place.connection_id] = None
            self._untold[room.dashboard_id] = None

    def _let_go(self) -> Instructions:
        """Nobody waits for a store that does not answer."""
        waiting = [room for room in self._rooms.values() if not room.is_known]
        return [RosterKnown(room.dashboard_id) for room in waiting]

    # --- time ----------------------------------------------------------------------------------

    def _ticked(self, event: Ticked) -> Instructions:
        orders: Instructions = []
        for dashboard_id in list(self._restless):
            room = self._rooms[dashboard_id]
            frame = room.next_frame()
            if frame is not None:
                orders.append(Show(dashboard_id, frame))
            if not room.changed:
                del self._restless[dashboard_id]
        return orders + self._exchange(event.at_ms)

    def _beaten(self, event: Beat) -> Instructions:
        self._beat_is_due = True
        self._rests = False
        if self._is_deaf:
            self._departed = {}  # nobody renews them: they will be swept
        for room in self._rooms.values():
            room.forget_unconfirmed(event.at_ms)
            if room.left:
                self._restless[room.dashboard_id] = None
        return self._exchange(event.at_ms)

    # --- the store -----------------------------------------------------------------------------

    @property
    def _may_exchange(self) -> bool:
        return self._under_way is None and not self._rests and not self._is_deaf

    @property
    def _has_to_tell(self) -> bool:
        return bool(self._untold or self._unfollowed or self._departed or self._beat_is_due)

    def _exchange(self, at_ms: int) -> Instructions:
        if not self._may_exchange or not self._has_to_tell:
            return []
        beats, self._beat_is_due = self._beat_is_due, False
        self._is_urgent = False
        rooms = list(self._rooms.values()) if beats else [self._rooms[n] for n in self._untold]
        write, news = self._what_to_tell(rooms, moves_too=beats)
        self._under_way = Exchange(
            unfollow=tuple(self._unfollowed),
            follow=tuple(room.dashboard_id for room in rooms if room.needs_reading),
            write=write,
            remove=tuple(self._departed),
            news=news,
            renew=tuple(self._places()) if beats else (),
            sweeps=beats,
            read=tuple(room.dashboard_id for room in rooms if beats or room.needs_reading),
            asked_at_ms=at_ms,
        )
        self._departed = {}
        self._unfollowed = {}
        self._untold = {room.dashboard_id: None for room in rooms if room.unpublished}
        return [self._under_way]

    def _what_to_tell(
        self, rooms: Iterable[Room], *, moves_too: bool
    ) -> tuple[tuple[PresenceEntry, ...], tuple[PresenceNews, ...]]:
        """Who comes is written at once; a move is published at once, and written with the beat."""
        write = []
        changed: dict[UUID, list[PresenceEntry]] = {}
        size = 0
        for room in rooms:
            for connection_id in list(room.unpublished):
                entry = room.members[connection_id].entry(self.gateway)
                size += len(entry.presence)
                if size > PRESENCE_FRAME_MAX_BYTES and changed:
                    break
                del room.unpublished[connection_id]
                changed.setdefault(room.dashboard_id, []).append(entry)
            for member in room.members.values():
                if not member.was_written or (moves_too and not member.is_written):
                    member.is_written = member.was_written = True
                    write.append(member.entry(self.gateway))
        left: dict[UUID, list[tuple[str, int]]] = {}
        for place, stamp in self._departed.items():
            left.setdefault(place.dashboard_id, []).append((place.connection_id, stamp))
        news = tuple(
            PresenceNews(
                dashboard_id,
                self.gateway,
                tuple(changed.get(dashboard_id, ())),
                tuple(left.get(dashboard_id, ())),
            )
            for dashboard_id in dict.fromkeys(chain(changed, left))
        )
        return tuple(write), news

    def _places(self) -> Iterable[Place]:
        return (member.place for room in self._rooms.values() for member in room.members.values())

    def _exchanged(self, event: Exchanged) -> Instructions:
        done, self._under_way = self._under_way, None
        assert done is not None
        orders: Instructions = []
        for dashboard_id, entries in event.rosters.items():
            room = self._rooms.get(dashboard_id)
            if room is None:
                continue
            room.read(entries, self.gateway, done.asked_at_ms)
            if room.changed or room.left:
                self._restless[dashboard_id] = None
            if dashboard_id in done.follow and dashboard_id not in self._unfollowed:
                room.needs_reading = False
            if not room.is_known:
                room.is_known = True
                orders.append(RosterKnown(dashboard_id))
        for place in event.missing:
            self._tell_again(place, event.at_ms)
        return orders + (self._exchange(event.at_ms) if self._is_urgent else [])

    def _tell_again(self, place: Place, at_ms: int) -> None:
        """Others took this gateway for dead: what is said now must come after that."""
        room = self._rooms.get(place.dashboard_id)
        member = room.members.get(place.connection_id) if room else None
        if room is not None and member is not None:
            member.stamp = self._stamp(at_ms)
            member.is_written = member.was_written = False
            room.unpublished[place.connection_id] = None
            self._untold[place.dashboard_id] = None

    def _failed(self, _event: ExchangeFailed) -> Instructions:
        self._under_way = None
        self._rests = True
        self._start_anew()
        return self._let_go()


_HANDLERS: Final[dict[type[Any], Callable[[Presence, Any], Instructions]]] = {
    Approached: Presence._approached,
    Entered: Presence._entered,
    Moved: Presence._moved,
    Departed: Presence._left,
    Heard: Presence._heard,
    Ticked: Presence._ticked,
    Beat: Presence._beaten,
    Exchanged: Presence._exchanged,
    ExchangeFailed: Presence._failed,
}
