"""The gateway's shell in one thread: real session hearts, and links to owners that can be cut."""

from itertools import count
from typing import TYPE_CHECKING, Any

from gateway import session_events as events
from gateway.rooms import Rooms
from gateway.session import Session
from storage.ports import SessionUser
from tests.simulation.simulated_attachment import Attachment
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
        self.attachments: dict[int, Attachment] = {}  # by subscription
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
        self.attachments: dict[int, Attachment] = {}  # by number
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
        self.seeking: list[Attachment] = []  # those sent on to another owner

    # --- clients --------------------------------------------------------------------------------

    def accept(self, person: "Person", number: int) -> Socket:
        socket = Socket(self, person, number)
        self.sockets.append(socket)
        self.tell(socket, events.Opened(self.world.now_ms))
        return socket

    def hear(self, socket: Socket, message: Any) -> None:
        if message is CUT:
            self.sockets.remove(socket)
            self.tell(socket, events.SocketClosed())
        else:
            self.tell(socket, events.FrameReceived(message, self.world.now_ms))

    def stop(self) -> None:
        """Say goodbye to every client."""
        for socket in list(self.sockets):
            self.tell(socket, events.GatewayStopping(retry_after_ms=100))

    def find_too_slow(self, socket: Socket) -> None:
        self.tell(socket, events.ReaderFellBehind())

    def tell(self, socket: Socket, event: events.Event) -> None:
        for order in socket.session.handle(event):
            self._carry_out(socket, order)

    def _carry_out(self, socket: Socket, order: events.Instruction) -> None:
        match order:
            case events.Send(frame) | events.SendJoined(frame=frame):
                socket.to_client.send(frame)
            case events.Authenticate():
                user_id = socket.person.user_id
                user = SessionUser(user_id, user_id, socket.person.name, FAR_MS)
                self.tell(socket, events.Authenticated(user, self.world.now_ms))
            case events.Attach():
                attachment = Attachment(self, socket, order)
                socket.attachments[order.subscription] = attachment
                attachment.seek()
            case events.Forward():
                self._forward(socket, order)
            case events.EnterRoom(subscription):
                socket.attachments[subscription].enter_room()
            case events.Detach(subscription):
                attached = socket.attachments.pop(subscription, None)
                if attached is not None:
                    attached.detach()
            case events.Close(code):
                socket.to_client.send(code)
                socket.to_client.is_open = False

    def _forward(self, socket: Socket, order: events.Forward) -> None:
        if self.world.happens(self.world.troubles.too_frequent):
            refusal = WeftError("rate_limited", retryAfterMs=10)
            dashboard_id = self.world.dashboard_id
            socket.to_client.send(rejected_frame(dashboard_id, order.sequence, refusal))
            return
        socket.attachments[order.subscription].submit(order)

    # --- owners ---------------------------------------------------------------------------------

    def link_to(self, owner: Owner) -> Link:
        link = self.links.get(owner)
        if link is None or link.is_lost:
            link = self.links[owner] = Link(self, owner)
            self.world.links.append(link)
        return link

    def seek_on(self) -> None:
        """One of those that were sent to another owner asks there."""
        self.seeking.pop(self.world.random.randrange(len(self.seeking))).seek()

    def hear_owner(self, link: Link, message: Any) -> None:
        if message is CUT:
            link.is_lost = True
            for attachment in list(link.attachments.values()):
                attachment.lost()
            return
        kind, number, frame = message
        if kind == "publish":
            for socket in list(link.rooms.members(self.world.dashboard_id)):
                socket.to_client.send(frame)
        elif number in link.attachments:
            link.attachments[number].hear(kind, frame)
