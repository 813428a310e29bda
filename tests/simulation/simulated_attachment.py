"""One subscription's way to its owner, as gateway/attachment_loop.py goes it, a step at a time.

What it keeps of a subscription while the dashboard moves is the real passage; it stands in for the
search, which takes its time, and for the link.
"""

from typing import TYPE_CHECKING, Any, cast

import orjson

from gateway import session_events as events
from gateway.passage import Passage
from weft import limits
from weft.errors import WeftError
from weft.wire.link import Attach, Submitted

if TYPE_CHECKING:
    from tests.simulation.simulated_gateway import Gateway, Link, Socket
    from tests.simulation.simulated_owner import Owner


class Attachment:
    """Made for one Attach instruction, and used until its Detach."""

    def __init__(self, gateway: "Gateway", socket: "Socket", order: events.Attach) -> None:
        self.socket = socket
        self.link: Link | None = None
        self._gateway = gateway
        self._subscription = order.subscription
        self._line = Attach(
            0,
            order.dashboard_id,
            socket.person.user_id,
            socket.name,
            order.replica_id,
            order.version,
            order.wants_tail,
        )
        self._passage = Passage(order.dashboard_id)
        self._number = 0
        self._answered = False
        self._moves = 0
        self._next: Owner | None = None  # whom it was told to ask

    # --- the search -----------------------------------------------------------------------------

    def seek(self) -> None:
        """At whom it was sent to, else at whoever is found."""
        owner = self._next if self._next is not None and self._next.is_alive else None
        owner = owner or self._gateway.world.find_owner()
        if owner is None:
            self._tell(events.SubscriptionLost(self._subscription, _unavailable()))
            return
        self.link = self._gateway.link_to(owner)
        self._number = next(self.link.next_number)
        self.link.attachments[self._number] = self
        self.link.to_owner.send(("attach", self._number, self._passage.line(self._line)))

    def _seek_later(self, owner: "Owner") -> None:
        self._next = owner
        self._gateway.seeking.append(self)

    # --- from the client ------------------------------------------------------------------------

    def submit(self, order: events.Forward) -> None:
        line = Submitted(
            self._number,
            order.sequence,
            order.base_version,
            order.operations,
            seen_version=order.seen_version,
        )
        self._passage.submitted(line)
        if not self._passage.is_under_way:
            self._send(line)

    def enter_room(self) -> None:
        assert self.link is not None
        self.link.rooms.enter(self._line.dashboard_id, self.socket)

    def detach(self) -> None:
        if self in self._gateway.seeking:
            self._gateway.seeking.remove(self)
        if self.link is not None:
            self.link.to_owner.send(("detach", self._number))
            self._leave_link()

    # --- from the owner -------------------------------------------------------------------------

    def hear(self, kind: str, frame: bytes) -> None:
        match kind:
            case "joined":
                self._joined(frame)
            case "reply" | "part":
                self._answer(frame)
                if kind == "part" and self.link is not None:
                    self.link.to_owner.send(("taken", self._number))
            case "moved":
                self._gateway.world.counts["moved"] += 1
                told = orjson.loads(frame)
                self._leave_link()
                self._moves = 0
                self._passage.depart(told["version"])
                self._seek_later(self._named(told))
            case _:
                self._ended(frame)

    def lost(self) -> None:
        self._leave_link()
        self._tell(events.SubscriptionLost(self._subscription, _unavailable()))

    def _joined(self, frame: bytes) -> None:
        if not self._passage.is_under_way:
            self._answered = True
            self._tell(events.SubscriptionJoined(self._subscription, frame))
            return
        self._gateway.world.counts["arrived"] += 1
        arrival = self._passage.arrive(frame)
        self.enter_room()
        for told in arrival.frames:
            self._tell(events.SubscriptionAnswered(self._subscription, told))
        if arrival.resend is not None:
            self._send(arrival.resend)

    def _answer(self, frame: bytes) -> None:
        self._answered = True
        if self._passage.is_under_way:
            frame = self._passage.paged(frame)
        else:
            self._passage.answered(frame)
        self._tell(events.SubscriptionAnswered(self._subscription, frame))

    def _ended(self, frame: bytes) -> None:
        self._leave_link()
        told = orjson.loads(frame)
        may_follow = self._passage.is_under_way or not self._answered
        if may_follow and "owner" in told and self._moves < limits.OWNER_MOVES_MAX:
            self._moves += 1
            self._seek_later(self._named(told))
        else:
            del self.socket.attachments[self._subscription]
            self._tell(events.SubscriptionEnded(self._subscription, frame))

    def _send(self, line: Submitted) -> None:
        if self.link is not None:
            self.link.to_owner.send(("submit", self._number, line))

    def _leave_link(self) -> None:
        if self.link is not None:
            self.link.attachments.pop(self._number, None)
            self.link.rooms.leave(self._line.dashboard_id, self.socket)
            self.link = None

    def _named(self, told: dict[str, Any]) -> "Owner":
        name = cast("str", told["owner"]["ownerId"])
        [owner] = [each for each in self._gateway.world.owners if each.name == name]
        return owner

    def _tell(self, event: events.Event) -> None:
        self._gateway.tell(self.socket, event)


def _unavailable() -> WeftError:
    return WeftError("owner_unavailable")
