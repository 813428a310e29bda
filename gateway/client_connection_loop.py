"""Law 9, the slow pay alone: one client's socket, carried out for its session heart.

Everything is sent without waiting; what then waits for a reader is bounded. Law 10: a fault in here
ends this connection, and nothing else.
"""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from gateway.attachment_loop import Attachment, Route
from gateway.authentication import Authenticator, Origin
from gateway.backlog import Backlog
from gateway.client_address import client_address
from gateway.feeds_loop import Feeds, Producer
from gateway.presence_loop import PresenceService
from gateway.rate_limit import RateLimiter
from gateway.record_loop import DirectoryRecorder
from gateway.revocation_loop import SessionWatch
from gateway.session import Session
from gateway.session_events import (
    Attach,
    Authenticate,
    Authenticated,
    AuthenticationFailed,
    BinaryReceived,
    Close,
    Detach,
    EnterRoom,
    Event,
    FeedRefused,
    Forward,
    FrameReceived,
    Instruction,
    Opened,
    PassLive,
    ReaderFellBehind,
    Send,
    SendJoined,
    SocketClosed,
    TellPresence,
    Ticked,
    WakeAt,
)
from gateway.session_state import State
from gateway.socket_doorway_server import SocketDoorway
from gateway.socket_figures import SocketFigures
from storage.ports import SessionUser
from weft import limits
from weft.errors import WeftError
from weft.models.address import Network
from weft.wire import close_codes, link
from weft.wire.frames import error_frame
from weft.wire.prompt_loop import PromptConnection, fan_out

log = logging.getLogger("weft.gateway.socket")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every connection of a gateway shares."""

    authenticator: Authenticator
    recorder: DirectoryRecorder
    route: Route
    presence: PresenceService
    figures: SocketFigures
    watch: SessionWatch
    limiter: RateLimiter
    doorway: SocketDoorway
    feeds: Feeds
    trusted_proxies: tuple[Network, ...] = ()


class ClientConnection:
    """One socket and its heart. `handle` may be called by the socket, a link, or a timer."""

    def __init__(self, websocket: PromptConnection, around: Surroundings) -> None:
        self.websocket = websocket
        self.connection_id = str(uuid4())
        self._around = around
        self._session = Session(self.connection_id, around.limiter)
        self._attachments: dict[int, Attachment] = {}
        self._authenticating: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._backlog = Backlog()
        self._fell_behind = False
        self._received_ns = 0  # the newest frame, by the clock

    async def run(self) -> None:
        """Until the socket is closed, by whomever."""
        self.handle(Opened(now_ms()))
        try:
            while True:
                data = await self.websocket.next_message()
                if self._authenticating is not None:
                    await self._authenticating
                self._received(data)
        except ConnectionClosed as closed:
            log.debug("connection %s: %s", self.connection_id, closed)
        finally:
            self._ended()
        if self._closing is not None:
            await self._closing

    def _received(self, data: str | bytes) -> None:
        self._around.figures.received()
        if isinstance(data, str):
            self._received_ns = time.time_ns()
            self.handle(FrameReceived(data, self._received_ns // 1_000_000))
        else:
            self.handle(BinaryReceived())

    def handle(self, event: Event) -> None:
        """A fault in here ends this connection, and nothing else."""
        try:
            for instruction in self._session.handle(event):
                self._carry_out(instruction)
            if self._fell_behind:  # only now: an instruction may rely on the one before
                self._fall_behind()
        except Exception:
            log.exception("connection %s: %s failed", self.connection_id, type(event).__name__)
            self._close(close_codes.INTERNAL, "internal")

    def _fall_behind(self) -> None:
        self._fell_behind = False
        self._around.figures.dropped()
        self.handle(ReaderFellBehind())

    # --- Member and Subscriber -------------------------------------------------------------------

    @property
    def waiting_bytes(self) -> int:
        return self.websocket.transport.get_write_buffer_size()

    async def has_read(self) -> None:
        with suppress(ConnectionClosed):
            await (await self.websocket.ping())

    def published(self, frame: bytes) -> None:
        if self._backlog.is_exceeded(len(frame), self.waiting_bytes):
            self._fall_behind()

    # --- instructions ----------------------------------------------------------------------------

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Send(frame):
                self._send(frame)
            case SendJoined():
                self._send(self._joined_frame(instruction))
            case TellPresence(told):
                self._around.presence.moved(self.connection_id, told)
            case Forward(subscription, sequence, base, operations, seen_version):
                attachment = self._attachments[subscription]
                attachment.submit(sequence, base, operations, seen_version=seen_version)
                self._around.figures.forwarded(
                    attachment.line.dashboard_id,
                    attachment.line.replica_id,
                    sequence,
                    self._received_ns,
                    time.time_ns(),
                )
            case Authenticate(token):
                self.websocket.on_text = None  # what follows waits for the answer
                self._authenticating = asyncio.create_task(self._authenticate(token))
            case Attach():
                self._attach(instruction)
            case EnterRoom(subscription, dashboard_id):
                self._attachments[subscription].enter_room()
                if user := self._session.user:
                    self._around.recorder.entered(self.connection_id, user, dashboard_id)
            case Detach(subscription, dashboard_id):
                self._attachments.pop(subscription).detach()
                self._around.presence.depart(dashboard_id, self)
                if user := self._session.user:
                    self._around.recorder.departed(self.connection_id, user, dashboard_id)
            case _:
                self._carry_out_else(instruction)

    def _carry_out_else(self, instruction: PassLive | WakeAt | Close) -> None:
        match instruction:
            case PassLive():
                self._feed(instruction)
            case WakeAt(at_ms):
                self._wake_at(at_ms)
            case Close(code, reason):
                self._close(code, reason)

    def _send(self, frame: bytes) -> None:
        fan_out((self.websocket,), frame)
        self._around.figures.sent(frame)
        self._fell_behind |= self._backlog.is_exceeded(len(frame), self.waiting_bytes)

    def _joined_frame(self, order: SendJoined) -> bytes:
        user = self._session.user
        assert user is not None
        return self._around.presence.joined_frame(
            order.dashboard_id, order.replica_id, self, user, order.frame
        )

    def _attach(self, order: Attach) -> None:
        user = self._session.user
        assert user is not None
        line = link.Attach(
            0,  # the link gives the number
            order.dashboard_id,
            user.user_id,
            self.connection_id,
            order.replica_id,
            order.version,
            order.wants_tail,
            self._origin.address,
        )
        roster_known = self._around.presence.approach(order.dashboard_id, self)
        self._attachments[order.subscription] = Attachment(
            order.subscription, line, self, self._around.route, roster_known
        )

    def _feed(self, order: PassLive) -> None:
        user = self._session.user
        assert user is not None

        def told(error: WeftError | None) -> None:
            if error is not None:
                about = {"dashboardId": order.dashboard_id, "widgetId": order.widget_id}
                self.handle(FeedRefused(error_frame(error, about)))

        producer = Producer(user.user_id, order.dashboard_id, self._origin.address)
        self._around.feeds.feed(producer, order.widget_id, order.value, told)

    async def _authenticate(self, token: str) -> None:
        heard = self._around.watch.heard
        before = self._session.user
        try:
            user = await self._around.authenticator.user_of(token, self._origin)
        except WeftError as error:
            self.handle(AuthenticationFailed(error))
        except Exception:
            log.exception("connection %s: authentication failed", self.connection_id)
            self.handle(AuthenticationFailed(WeftError("internal")))
        else:
            self.handle(Authenticated(user, now_ms()))
            if self.is_open:  # it may have been closed meanwhile
                self._is_known(before, heard)
        self._authenticating = None
        if self.is_open:
            self.websocket.on_text = self._received

    def _is_known(self, before: SessionUser | None, heard: int) -> None:
        """`heard`: by the watch, before the session was looked up."""
        user = self._session.user
        assert user is not None
        if before is None:
            self._around.doorway.is_known(self.websocket)
            self._around.recorder.connected(self.connection_id, user)
        elif user is not before:
            self._around.watch.end(before, self)
            self._around.recorder.renewed(self.connection_id, user)
        self._around.watch.begin(user, self, heard)

    @cached_property
    def _origin(self) -> Origin:
        """Read once: a producer is asked for it with every value."""
        peer, request = self.websocket.remote_address, self.websocket.request
        headers = request.headers if request else Headers()
        forwarded_for = headers.get_all("X-Forwarded-For")
        address = client_address(peer and peer[0], forwarded_for, self._around.trusted_proxies)
        return Origin.of(address, ", ".join(headers.get_all("User-Agent")))

    def _wake_at(self, at_ms: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        delay_seconds = max(0, at_ms - now_ms()) / 1000
        self._timer = loop.call_later(delay_seconds, lambda: self.handle(Ticked(now_ms())))

    # --- the end ---------------------------------------------------------------------------------

    def _close(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._around.figures.closed(code)
            self._closing = asyncio.create_task(self._close_socket(code, reason))

    async def _close_socket(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(limits.CLOSE_TIMEOUT_SECONDS):
                await self.websocket.close(code, reason)
        except TimeoutError:
            self.websocket.transport.abort()

    def _ended(self) -> None:
        self.handle(SocketClosed())
        if self._authenticating is not None:
            self._authenticating.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if user := self._session.user:
            self._around.watch.end(user, self)
            self._around.recorder.disconnected(self.connection_id, user)

    @property
    def is_open(self) -> bool:
        return self._session.state is State.OPEN
