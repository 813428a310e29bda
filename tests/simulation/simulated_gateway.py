"""The gateway's shell in one thread: real session hearts, and links to owners that can be cut."""

from dataclasses import astuple
from itertools import count
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from gateway import session_events as events
from gateway.rooms import Rooms
from gateway.session import Session
from storage.ports import SessionUser
from tests.simulation.simulated_network import CUT, Channel
from tests.simulation.simulated_owner import Owner
from weft.errors import WeftError
from weft.wire.frames import rejected_frame

if TYPE_CHECKING:
    from tests.simulation.simulated_person import Person
    from tests.simulation.simulated_world import World

FAR_MS = 10**15


class Socket:
    """One WebSocket connection, seen from both ends."""

    def __init__(self, gateway: "Gateway", person: "Person", number: int) -> None:
        self.gateway = gateway
        self.person = person
        self.name = f"{person.name}/{number}"
        self.session = Session(self.name)
        self.attachments: dict[int, tuple[Link, int]] = {}  # by subscription
        self.to_server = Channel(f"{self.name} →", lambda message: gateway.hear(self, message))
        self.to_client = Channel(f"{self.name} ←", lambda message: person.hear(self, message))
        gateway.world.channels += (self.to_server, self.to_client)

    def cut(self) -> None:
        """The network fails: each end notices later."""
        random = self.gateway.world.random
        self.to_server.end(random)
        self.to_client.end(random)

    def leave(self) -> None:
        """The client closes it, and listens no more."""
        self.to_server.end()
        self.to_client.silence()


class Link:
    """One gateway's connection to one owner."""

    def __init__(self, gateway: "Gateway", owner: Owner) -> None:
        self.gateway = gateway
        self.owner = owner
        self.is_lost = False  # to the gateway's knowledge
        self.numbers: set[int] = set()  # what is attached, to the owner's knowledge
        self.subscribers: dict[int, tuple[Socket, int]] = {}  # number: socket, subscription
        self.rooms: Rooms[Socket] = Rooms()
        self.next_number = count(1)
        name = f"{gateway.name}-{owner.name}"
        self.to_owner = Channel(f"{name} →", lambda message: owner.receive(self, message))
        self.to_gateway = Channel(f"{name} ←", lambda message: gateway.hear_owner(self, message))
        owner.links.append(self)
        gateway.world.channels += (self.to_owner, self.to_gateway)

    def cut(self) -> None:
        random = self.gateway.world.random
        self.to_owner.end(random)
        self.to_gateway.end(random)


class Gateway:
    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.links: dict[Owner, Link] = {}
        self.sockets: list[Socket] = []

    # --- clients --------------------------------------------------------------------------------

    def accept(self, person: "Person", number: int) -> Socket:
        socket = Socket(self, person, number)
        self.sockets.append(socket)
        self._tell(socket, events.Opened(self.world.now_ms))
        return socket

    def hear(self, socket: Socket, message: Any) -> None:
        if message is CUT:
            self.sockets.remove(socket)
            self._tell(socket, events.SocketClosed())
        else:
            self._tell(socket, events.FrameReceived(message, self.world.now_ms))

    def stop(self) -> None:
        """Say goodbye to every client."""
        for socket in list(self.sockets):
            self._tell(socket, events.GatewayStopping(retry_after_ms=100))

    def find_too_slow(self, socket: Socket) -> None:
        self._tell(socket, events.ReaderFellBehind())

    def _tell(self, socket: Socket, event: events.Event) -> None:
        for order in socket.session.handle(event):
            self._carry_out(socket, order)

    def _carry_out(self, socket: Socket, order: events.Instruction) -> None:
        match order:
            case events.Send(frame) | events.SendJoined(frame=frame):
                socket.to_client.send(frame)
            case events.Authenticate():
                user_id = socket.person.user_id
                user = SessionUser(user_id, user_id, socket.person.name, FAR_MS)
                self._tell(socket, events.Authenticated(user, self.world.now_ms))
            case events.Attach():
                self._attach(socket, order)
            case events.Forward():
                self._forward(socket, order)
            case events.EnterRoom(subscription, dashboard_id):
                link, _ = socket.attachments[subscription]
                link.rooms.enter(dashboard_id, socket)
            case events.Detach(subscription, dashboard_id):
                self._detach(socket, subscription, dashboard_id)
            case events.Close(code):
                socket.to_client.send(code)
                socket.to_client.is_open = False

    def _attach(self, socket: Socket, order: events.Attach) -> None:
        owner = self.world.find_owner()
        if owner is None:
            lost = events.SubscriptionLost(order.subscription, WeftError("owner_unavailable"))
            self._tell(socket, lost)
            return
        link = self.links.get(owner)
        if link is None or link.is_lost:
            link = self.links[owner] = Link(self, owner)
            self.world.links.append(link)
        number = next(link.next_number)
        link.subscribers[number] = (socket, order.subscription)
        socket.attachments[order.subscription] = (link, number)
        user_id = socket.person.user_id
        link.to_owner.send(
            ("attach", number, user_id, order.replica_id, order.version, order.wants_tail)
        )

    def _forward(self, socket: Socket, order: events.Forward) -> None:
        subscription, *submission = astuple(order)
        if self.world.happens(self.world.troubles.too_frequent):
            refusal = WeftError("rate_limited", retryAfterMs=10)
            socket.to_client.send(rejected_frame(self.world.dashboard_id, order.sequence, refusal))
            return
        link, number = socket.attachments[subscription]
        link.to_owner.send(("submit", number, *submission))

    def _detach(self, socket: Socket, subscription: int, dashboard_id: UUID) -> None:
        attachment = socket.attachments.pop(subscription, None)
        if attachment is not None:
            link, number = attachment
            link.subscribers.pop(number, None)
            link.rooms.leave(dashboard_id, socket)
            link.to_owner.send(("detach", number))

    # --- owners ---------------------------------------------------------------------------------

    def hear_owner(self, link: Link, message: Any) -> None:
        if message is CUT:
            link.is_lost = True
            for socket, subscription in list(link.subscribers.values()):
                lost = events.SubscriptionLost(subscription, WeftError("owner_unavailable"))
                self._tell(socket, lost)
            return
        kind, number, frame = message
        if kind == "publish":
            for socket in list(link.rooms.members(self.world.dashboard_id)):
                socket.to_client.send(frame)
            return
        if number not in link.subscribers:
            return
        socket, subscription = link.subscribers[number]
        if kind == "joined":
            self._tell(socket, events.SubscriptionJoined(subscription, frame))
        elif kind in ("reply", "part"):
            self._tell(socket, events.SubscriptionAnswered(subscription, frame))
            if kind == "part" and number in link.subscribers:
                link.to_owner.send(("taken", number))
        else:
            link.rooms.leave(self.world.dashboard_id, socket)
            del link.subscribers[number]
            del socket.attachments[subscription]
            self._tell(socket, events.SubscriptionEnded(subscription, cast("bytes", frame)))
