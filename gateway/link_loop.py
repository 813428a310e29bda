"""One persistent WebSocket from this gateway to each owner it needs, shared by all its clients.

Batching is natural, not timed: what is sent in one turn of the loop goes out together. When the
link is lost, each subscription on it is told, once, and nothing is resent: the client joins again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from itertools import count
from typing import Final, Protocol
from uuid import UUID

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Data

from gateway.live_fan_out_loop import LiveFanOut
from gateway.rooms import Rooms
from storage.ports import OwnerAddress
from weft import limits
from weft.errors import WeftError
from weft.wire.link import (
    Attach,
    Detach,
    Done,
    Ended,
    Feed,
    Joined,
    LinkHello,
    Live,
    Move,
    Moved,
    Part,
    Publish,
    Regrant,
    Reply,
    ToGateway,
    ToOwner,
    pack_to_owner,
    unpack_to_gateway,
)
from weft.wire.prompt_loop import Outbox, PromptClientConnection, fan_out

log = logging.getLogger("weft.gateway.link")


GOODBYES: Final = (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY)
UNREACHABLE: Final = (OSError, TimeoutError, WebSocketException)


class Receiver(Protocol):
    """Somebody attached to an owner: told everything in the order in which the owner said it."""

    def owner_joined(self, frame: bytes) -> None: ...

    def owner_answered(self, frame: bytes) -> None: ...

    def owner_sent_part(self, frame: bytes) -> None: ...

    def owner_ended(self, frame: bytes) -> None: ...

    def owner_moved(self, frame: bytes) -> None: ...

    def owner_lost(self) -> None: ...


class Member(Protocol):
    """Somebody in a room: a client, or a part of this gateway that has no socket."""

    @property
    def websocket(self) -> ServerConnection | None: ...

    def published(self, frame: bytes) -> None:
        """What was just sent to `websocket`, if there is one."""


class OwnerLink:
    """An open link. `rooms` are those of this owner alone, so two owners never mix their words."""

    def __init__(
        self,
        owner: OwnerAddress,
        websocket: PromptClientConnection,
        on_lost: Callable[["OwnerLink"], None],
        on_commit: Callable[[UUID], None],
        on_skipped: Callable[[int], None],
    ) -> None:
        self.owner = owner
        self.rooms: Rooms[Member] = Rooms()
        self.lost = False
        self._live = LiveFanOut(on_skipped)
        self._websocket = websocket
        self._on_lost = on_lost
        self._on_commit = on_commit
        self._receivers: dict[int, Receiver] = {}
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = count(1)
        self._outbox = Outbox(websocket, is_masked=True)
        self._task = asyncio.create_task(self._run(), name=f"link to {owner.owner_id}")

    def attach(self, receiver: Receiver, line: Attach) -> int:
        """Queue `line` under a new number of this link, which is returned."""
        n = next(self._numbers)
        self._receivers[n] = receiver
        self.send(line._replace(n=n))
        return n

    def detach(self, n: int) -> None:
        """From here on nothing that still comes for `n` is passed on."""
        if self._receivers.pop(n, None) is not None:
            self.send(Detach(n))

    def leave_room(self, dashboard_id: UUID, member: Member) -> None:
        self.rooms.leave(dashboard_id, member)
        self._live.leave(dashboard_id, member.websocket)

    async def ask(self, line: Regrant | Move) -> bytes:
        """What the owner answers. Raises ConnectionError when the link is lost before."""
        if self.lost:
            raise ConnectionResetError("the link to the owner is lost")
        n = next(self._numbers)
        self._asked[n] = asyncio.get_running_loop().create_future()
        try:
            self.send(line._replace(n=n))
            return await self._asked[n]
        finally:
            del self._asked[n]

    def send(self, line: ToOwner) -> None:
        """An owner that takes no more is as good as lost."""
        self._outbox.put(pack_to_owner((line,)), lossy=type(line) is Feed)
        if self._outbox.waiting_bytes > limits.LINK_OUTGOING_MAX_BYTES:
            self._task.cancel()

    async def close(self) -> None:
        await self._websocket.close()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            await self._websocket.hand_over(self._receive_batch)
            code = self._websocket.close_code
            level = logging.INFO if code in GOODBYES else logging.WARNING
            log.log(level, "link to owner %s is closed: %s", self.owner.owner_id, code)
        except WeftError as error:
            log.error("link to owner %s: %s", self.owner.owner_id, error)
        finally:
            self._end()
            self._websocket.transport.abort()

    def _receive_batch(self, batch: Data) -> None:
        for line in unpack_to_gateway(batch):
            self._receive(line)

    def _receive(self, line: ToGateway) -> None:
        match line:
            case Publish(dashboard_id, frame):
                self._publish(dashboard_id, frame)
            case Live(dashboard_id, frame):
                self._live.publish(dashboard_id, self._sockets(dashboard_id), frame)
            case Done(n, frame):
                if (asked := self._asked.get(n)) and not asked.done():
                    asked.set_result(frame)
            case _:
                self._tell(line)

    def _tell(self, line: Joined | Reply | Part | Ended | Moved) -> None:
        is_over = isinstance(line, Ended | Moved)
        receivers = self._receivers
        receiver = receivers.pop(line.n, None) if is_over else receivers.get(line.n)
        if receiver is None:
            return
        match line:
            case Reply(_, frame):
                receiver.owner_answered(frame)
            case Part(_, frame):
                receiver.owner_sent_part(frame)
            case Joined(_, frame):
                receiver.owner_joined(frame)
            case Ended(_, frame):
                receiver.owner_ended(frame)
            case Moved(_, frame):
                receiver.owner_moved(frame)

    def _publish(self, dashboard_id: UUID, frame: bytes) -> None:
        fan_out(self._sockets(dashboard_id), frame)
        for member in list(self.rooms.members(dashboard_id)):
            member.published(frame)
        self._on_commit(dashboard_id)

    def _sockets(self, dashboard_id: UUID) -> list[ServerConnection]:
        members = self.rooms.members(dashboard_id)
        return [member.websocket for member in members if member.websocket is not None]

    def _end(self) -> None:
        self.lost = True
        self._live.close()
        self._on_lost(self)
        receivers, self._receivers = self._receivers, {}
        self.rooms = Rooms()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(ConnectionResetError("the link to the owner is lost"))
        for receiver in receivers.values():
            receiver.owner_lost()


class OwnerLinks:
    """The links of one gateway, opened on demand; two who need one at once share its opening."""

    def __init__(
        self,
        gateway_id: str,
        secret: str,
        on_commit: Callable[[UUID], None] = lambda _: None,
        on_lost: Callable[[], None] = lambda: None,
        on_skipped: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`on_commit`: told of each dashboard in which something has committed. `on_lost`: of each
        link that breaks. `on_skipped`: to how many readers live values were not sent.
        """
        self._on_lost = on_lost
        self._on_skipped = on_skipped
        self._hello = LinkHello(secret, gateway_id)
        self._on_commit = on_commit
        self._links: dict[OwnerAddress, asyncio.Task[OwnerLink]] = {}

    async def to(self, owner: OwnerAddress) -> OwnerLink:
        """Raises one of UNREACHABLE when the owner does not answer."""
        opening = self._links.get(owner)
        if opening is None:
            opening = asyncio.create_task(self._open(owner))
            opening.add_done_callback(_seen)
            self._links[owner] = opening
        return await asyncio.shield(opening)

    async def close(self) -> None:
        for opening in list(self._links.values()):
            opening.cancel()
            with contextlib.suppress(*UNREACHABLE, asyncio.CancelledError):
                await (await opening).close()

    async def _open(self, owner: OwnerAddress) -> OwnerLink:
        try:
            websocket = await connect(
                owner.url,
                create_connection=PromptClientConnection,
                compression=None,
                proxy=None,
                max_size=None,  # the owner is ours
                open_timeout=limits.LINK_OPEN_TIMEOUT_SECONDS,
                ping_interval=limits.LINK_PING_INTERVAL_SECONDS,
                ping_timeout=limits.LINK_PING_TIMEOUT_SECONDS,
                close_timeout=limits.LINK_CLOSE_TIMEOUT_SECONDS,
            )
        except BaseException:
            del self._links[owner]
            raise
        assert isinstance(websocket, PromptClientConnection)
        link = OwnerLink(owner, websocket, self._forget, self._on_commit, self._on_skipped)
        link.send(self._hello)
        log.info("linked to owner %s at %s", owner.owner_id, owner.url)
        return link

    def _forget(self, link: OwnerLink) -> None:
        self._links.pop(link.owner, None)
        self._on_lost()


def _seen(opening: "asyncio.Task[OwnerLink]") -> None:
    """Whoever asked may have gone meanwhile: a failure then is nobody's surprise."""
    if not opening.cancelled():
        opening.exception()
