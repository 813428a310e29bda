"""The client's socket: carries out what the hearts of the connection and its replicas order.

One task reads, one writes; edits are made in the caller's own task, and are on their way when the
call returns.
"""

import asyncio
import inspect
import logging
import random
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeAlias
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from weft.client.board_loop import Board
from weft.client.connection import Connection, Link
from weft.client.events import (
    ConnectionEvent,
    FrameReceived,
    OpeningRefused,
    ReplicaWaited,
    SocketClosed,
    SocketOpened,
    TokenRenewed,
)
from weft.client.instructions import (
    Announce,
    CloseSocket,
    ConnectionInstruction,
    Fail,
    OpenSocket,
    RenewToken,
    ReplicaInstruction,
    SendFrame,
    Tell,
    WaitFor,
)
from weft.client.replica import Replica
from weft.client.silence import Silence
from weft.client.silence_loop import leave_when_silent
from weft.errors import WeftError
from weft.limits import CLOSE_SAVE_TIMEOUT_SECONDS, OPEN_TIMEOUT_SECONDS, PING_INTERVAL_SECONDS
from weft.ot.operation import Operations

Token: TypeAlias = str | Callable[[], str | Awaitable[str]]
Outgoing: TypeAlias = asyncio.Queue[SendFrame | CloseSocket]

logger = logging.getLogger("weft.client")


def connect(
    url: str,
    token: Token,
    *,
    client: str = "weft-python",
    open_timeout: float | None = OPEN_TIMEOUT_SECONDS,
    **options: Any,
) -> "Client":
    """`async with weft.connect("ws://host/", token) as client: ...`

    Where no block fits, as in a notebook: `client = await weft.connect(…)`, then `client.close()`.
    `token` is a session token, or a function (plain or async) that returns one, called again when
    the old one is about to end, which then costs no connection, or has ended; if it raises anything
    but WeftError, it is asked again later. `client` tells the server who speaks. Entering waits for
    the server's welcome, at most `open_timeout` seconds (None: for ever). `options` go to
    websockets' connect, such as `ssl` or `proxy`.

    Raises WeftError when trying again cannot help (unauthenticated, misconfigured …), and
    TimeoutError, on entering.
    """
    return Client(url, token, client=client, open_timeout=open_timeout, options=options)


class Client:
    """A connection that mends itself, and the boards on it. Made by `connect`."""

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        client: str,
        open_timeout: float | None,
        options: dict[str, Any],
    ) -> None:
        self.unsaved: dict[UUID, Operations] = {}  # after close: what the server does not have
        self._url = url
        self._token = token
        self._held_token: str | None = None
        self._open_timeout = open_timeout
        self._options = {"ping_interval": PING_INTERVAL_SECONDS, "compression": None, **options}
        self._connection = Connection(random.random, client)
        self._boards: dict[UUID, Board] = {}
        self._timers: dict[UUID, asyncio.TimerHandle] = {}
        self._opening: OpenSocket | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._readers: list[Callable[[str], None]] = []
        self._outgoing: Outgoing | None = None  # of this socket
        self._silence = Silence()
        self._stepped = asyncio.Event()
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None

    # --- for the application --------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._carry(self._connection.open())
        self._task = asyncio.create_task(self._run(), name=f"weft client of {self._url}")
        try:
            async with asyncio.timeout(self._open_timeout):
                while self._connection.link not in (Link.OPEN, Link.OVER):
                    await self._stepped.wait()
        except BaseException:
            await self.close(0)
            raise
        if self._connection.error is not None:
            await self.close(0)
            raise self._connection.error
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        return self.__aenter__().__await__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for dashboard_id, operations in (await self.close()).items():
            logger.warning(
                "Closed with %d operations on dashboard %s not saved", len(operations), dashboard_id
            )

    async def join(self, dashboard_id: UUID | str, replica_id: UUID | None = None) -> Board:
        """Follow a dashboard. A board that this client has joined already is returned again.

        `replica_id` goes on as an earlier replica, which must be over; without, it is a new one.
        Raises WeftError when the server refuses.
        """
        if isinstance(dashboard_id, str):
            dashboard_id = UUID(dashboard_id)
        board = self._boards.get(dashboard_id)
        while board is not None and board.is_leaving:  # who comes back at once joins anew
            await board.over()
            board = self._boards.get(dashboard_id)
        if board is None or board.is_over:
            if self._connection.link is Link.OVER:
                raise self._connection.error or WeftError("not_joined", "The client is closed.")
            replica = Replica(dashboard_id, replica_id or uuid4(), random.random)
            board = self._boards[dashboard_id] = Board(replica, self._carry_for)
            self._carry(self._connection.add(replica))
        await board.joined()
        return board

    def on_notice(self, read: Callable[[str], None]) -> None:
        """Call `read` with what the host product wants this user to know."""
        self._readers.append(read)

    async def close(
        self,
        timeout: float = CLOSE_SAVE_TIMEOUT_SECONDS,  # noqa: ASYNC109
    ) -> dict[UUID, Operations]:
        """Wait, for `timeout` seconds at most, until everything is saved; then close.

        Returns by dashboard what is not saved: if the connection was lost, some of it may be.
        """
        if self._is_closed:
            return self.unsaved
        self._is_closed = True
        boards = list(self._boards.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                for board in boards:
                    await board.settled()
        self.unsaved = {board.dashboard_id: board.pending() for board in boards if board.pending()}
        if self._connection.link is not Link.OVER:
            self._carry(self._connection.close())
        for timer in self._timers.values():
            timer.cancel()
        if self._renewing is not None:
            self._renewing.cancel()
        if self._task is not None:
            if self._outgoing is None:
                self._task.cancel()  # it waits to open a socket
            await asyncio.wait([self._task], timeout=CLOSE_SAVE_TIMEOUT_SECONDS)
            self._task.cancel()  # a peer that takes nothing does not hold the caller up
            await asyncio.wait([self._task])
        return self.unsaved

    # --- the hearts' orders ---------------------------------------------------------------------

    def _handle(self, event: ConnectionEvent) -> None:
        self._carry(self._connection.handle(event))

    def _carry_for(self, replica: Replica, instructions: list[ReplicaInstruction]) -> None:
        self._carry(self._connection.carry(replica, instructions))

    def _carry(self, instructions: list[ConnectionInstruction]) -> None:
        for instruction in instructions:
            match instruction:
                case SendFrame() | CloseSocket():
                    if self._outgoing is not None:
                        self._outgoing.put_nowait(instruction)
                case OpenSocket():
                    self._opening = instruction
                case Announce(text):
                    self._announce(text)
                case RenewToken():
                    self._renewing = asyncio.create_task(self._renew_token())
                case WaitFor(dashboard_id, seconds):
                    self._wake_later(dashboard_id, seconds)
                case Tell(dashboard_id, news):
                    self._boards[dashboard_id].tell(news)
                case Fail(error):
                    logger.error("The connection to %s is given up: %s", self._url, error)
        for board in list(self._boards.values()):
            board.step()
        self._stepped.set()
        self._stepped = asyncio.Event()

    def _announce(self, text: str) -> None:
        for read in self._readers:
            try:
                read(text)
            except Exception:  # a reader's fault stays with the reader
                logger.exception("A reader of notices has failed")

    def _wake_later(self, dashboard_id: UUID, seconds: float) -> None:
        earlier = self._timers.pop(dashboard_id, None)
        if earlier is not None:
            earlier.cancel()
        loop = asyncio.get_running_loop()
        self._timers[dashboard_id] = loop.call_later(
            seconds, self._handle, ReplicaWaited(dashboard_id)
        )

    # --- the socket -----------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while (order := self._opening) is not None:
                self._opening = None
                await asyncio.sleep(order.after_seconds)
                await self._live_once(order)
        except Exception as error:  # a fault of this library must not leave the caller waiting
            logger.exception("The client of %s has failed", self._url)
            self._carry(self._connection.give_up(WeftError("internal", repr(error))))

    async def _live_once(self, order: OpenSocket) -> None:
        """The life of one socket, from asking for the token to its end."""
        try:
            token = await self._fetch_token(renew=order.renew_token)
            socket = await open_websocket(self._url, max_size=None, **self._options)
        except WeftError as error:
            self._handle(OpeningRefused(error))
        except InvalidURI as error:
            self._handle(OpeningRefused(WeftError("misconfigured", str(error))))
        except InvalidStatus as error:
            self._handle(_refused_with_status(error))
        except (OSError, TimeoutError, WebSocketException) as error:
            self._handle(SocketClosed(None, repr(error)))
        else:
            await self._converse(socket, token)

    async def _converse(self, socket: ClientConnection, token: str) -> None:
        opened_at = time.monotonic()
        outgoing: Outgoing = asyncio.Queue()
        self._outgoing = outgoing
        said, frames = asyncio.Event(), 0

        def heard() -> int | None:
            return frames if self._connection.link is Link.OPEN else None

        writing = asyncio.create_task(_write(socket, outgoing, said))
        waiting = asyncio.create_task(leave_when_silent(socket, said, heard, self._silence.seconds))
        try:
            self._handle(SocketOpened(token))
            while True:
                frame = await socket.recv(decode=False)
                frames += 1
                self._handle(FrameReceived(frame))
        except ConnectionClosed:
            pass
        finally:
            self._outgoing = None
            writing.cancel()
            waiting.cancel()
            await asyncio.wait([writing, waiting])
            await socket.close()
        lasted = time.monotonic() - opened_at
        if not waiting.cancelled() and waiting.result():
            self._silence.left(lasted)
        if self._connection.link in (Link.GREETING, Link.OPEN):  # it was not closed on order
            self._handle(SocketClosed(socket.close_code, socket.close_reason or "", lasted))

    async def _renew_token(self) -> None:
        """Or not: then the socket ends with its token, and the next one is opened with another."""
        with suppress(WeftError, OSError):
            self._handle(TokenRenewed(await self._fetch_token(renew=True)))

    async def _fetch_token(self, *, renew: bool) -> str:
        """Raises WeftError when there will be none; OSError when it may work another time."""
        if isinstance(self._token, str):
            if renew:
                raise WeftError("unauthenticated")
            return self._token
        if self._held_token is None or renew:
            try:
                token = self._token()
                self._held_token = await token if inspect.isawaitable(token) else token
            except WeftError:
                raise
            except Exception as error:
                logger.warning("No token for %s: %r", self._url, error)
                raise OSError("no token") from error
        return self._held_token


async def _write(socket: ClientConnection, outgoing: Outgoing, said: asyncio.Event) -> None:
    with suppress(ConnectionClosed):
        while True:
            match await outgoing.get():
                case SendFrame(frame):
                    said.set()
                    await socket.send(frame)
                case CloseSocket(code, reason):
                    await socket.close(code, reason)
                    return


def _refused_with_status(error: InvalidStatus) -> OpeningRefused | SocketClosed:
    """A server that is starting or busy says 429 or 5xx; another 4xx will not change."""
    status = error.response.status_code
    if 400 <= status < 500 and status not in (408, 425, 429):
        return OpeningRefused(WeftError("misconfigured", f"The server answers HTTP {status}."))
    return SocketClosed(None, f"HTTP {status}")
