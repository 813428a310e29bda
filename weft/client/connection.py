"""The heart of a client's connection: one socket after another, and the replicas that share it.

Law 7: it never tries again what cannot help; the error reaches the application. What can help is
tried after growing, jittered waits.

    IDLE ──▶ OPENING ──opened──▶ GREETING ──welcome──▶ OPEN
                ▲ ◀──────────── closed, cut ────────────┘        ──never──▶ OVER
"""

from enum import Enum
from typing import Final
from uuid import UUID

from weft.client.answers import error_in
from weft.client.backoff import Backoff, Chance
from weft.client.events import (
    Connected,
    ConnectionEvent,
    DashboardMessage,
    Disconnected,
    FrameReceived,
    GivenUp,
    OpeningRefused,
    Received,
    ReplicaEvent,
    ReplicaWaited,
    SocketClosed,
    SocketOpened,
    TokenRenewed,
    Waited,
)
from weft.client.instructions import (
    Announce,
    CloseSocket,
    ConnectionInstruction,
    Fail,
    FeedRefused,
    Finish,
    Notify,
    OpenSocket,
    Permit,
    Progress,
    Reauthenticate,
    RenewToken,
    ReplicaInstruction,
    Report,
    Send,
    SendFrame,
    Show,
    ShowLive,
    ShowPresence,
    Tell,
    Wait,
    WaitFor,
)
from weft.client.replica import Replica
from weft.errors import Retry, WeftError
from weft.limits import RECONNECT_MAX_SECONDS
from weft.wire import close_codes
from weft.wire.codec import FrameError, decode_server_frame, encode
from weft.wire.messages import (
    PROTOCOL_VERSION,
    About,
    Authenticate,
    Authenticated,
    Data,
    ErrorMessage,
    GoAway,
    Hello,
    Joined,
    Pong,
    UserNotice,
    Welcome,
    WireModel,
)
from weft.wire.messages import Reauthenticate as TokenEnding

_CODE_OF_CLOSE: Final = {
    close_codes.FRAME_TOO_LARGE: "too_large",
    close_codes.NO_COMMON_PROTOCOL: "unsupported_protocol",
    close_codes.UNAUTHENTICATED: "unauthenticated",
    close_codes.NORMAL: "going_away",
}


class Link(Enum):
    IDLE = "nothing was asked for yet"
    OPENING = "a socket is being opened, perhaps after a wait"
    GREETING = "hello was said"
    OPEN = "welcomed"
    OVER = "closed by the user, or trying again cannot help"


class Connection:
    """`handle` what happens to the socket; `carry` what a replica wants after an edit."""

    def __init__(self, chance: Chance, client: str) -> None:
        self.replicas: dict[UUID, Replica] = {}
        self.link = Link.IDLE
        self.error: WeftError | None = None  # why it is over
        self._client = client
        self._connection_id = ""
        self._backoff = Backoff(chance)
        self._refused: WeftError | None = None  # what the server said before it closed
        self._not_before_ms: int | None = None  # what the server asked for
        self._token_refused = False  # and the next one is the last that is tried

    def open(self) -> list[ConnectionInstruction]:
        self.link = Link.OPENING
        return [OpenSocket(0.0)]

    def close(self) -> list[ConnectionInstruction]:
        """The user wants no more of it."""
        self.link = Link.OVER
        return [CloseSocket(close_codes.NORMAL)]

    def add(self, replica: Replica) -> list[ConnectionInstruction]:
        self.replicas[replica.dashboard_id] = replica
        return self._tell(replica, self._connected) if self.link is Link.OPEN else []

    def carry(
        self, replica: Replica, instructions: list[ReplicaInstruction]
    ) -> list[ConnectionInstruction]:
        """What a replica's instructions mean for the socket and the application."""
        out: list[ConnectionInstruction] = []
        for instruction in instructions:
            match instruction:
                case Send(message) if self.link is Link.OPEN:
                    out.append(SendFrame(_text(message)))
                case Wait(seconds):
                    out.append(WaitFor(replica.dashboard_id, seconds))
                case Reauthenticate() if self.link is Link.OPEN:
                    out += self._reopen(close_codes.UNAUTHENTICATED)
                case Show() | Notify() | Permit() | ShowPresence() | Progress() | Report():
                    out.append(Tell(replica.dashboard_id, instruction))
                case Finish():
                    self.replicas.pop(replica.dashboard_id, None)
                    out.append(Tell(replica.dashboard_id, instruction))
        return out

    def handle(self, event: ConnectionEvent) -> list[ConnectionInstruction]:
        match event:
            case _ if self.link is Link.OVER:
                return []
            case SocketOpened(token):
                return self._greet(token)
            case TokenRenewed(token):
                is_open = self.link is Link.OPEN
                return [SendFrame(_text(Authenticate(token=token)))] if is_open else []
            case FrameReceived(frame):  # what still comes from a socket that was left is not heard
                return self._receive(frame) if self.link in (Link.GREETING, Link.OPEN) else []
            case SocketClosed(code, reason, lasted_seconds):
                if lasted_seconds >= RECONNECT_MAX_SECONDS:  # a server that only flaps is spared
                    self._backoff.reset()
                return self._closed(code, reason)
            case OpeningRefused(error):
                return self.give_up(error)
            case ReplicaWaited(dashboard_id):
                replica = self.replicas.get(dashboard_id)
                return self._tell(replica, Waited()) if replica is not None else []
        raise AssertionError(event)

    # --- frames ---------------------------------------------------------------------------------

    def _greet(self, token: str) -> list[ConnectionInstruction]:
        self.link = Link.GREETING
        self._refused = None
        hello = Hello(protocol=[PROTOCOL_VERSION], token=token, client=self._client)
        return [SendFrame(_text(hello))]

    def _receive(self, frame: str | bytes) -> list[ConnectionInstruction]:
        try:
            message = decode_server_frame(frame)
        except FrameError as error:  # a server that this client does not understand
            return self.give_up(error)
        match message:
            case Welcome():
                self._connection_id = message.connection_id
                return self._welcomed()
            case TokenEnding():
                return [RenewToken()]
            case UserNotice(text=text):
                return [Announce(text)]
            case Pong() | Authenticated():
                return []
            case GoAway():
                self._not_before_ms = message.retry_after_ms
                return self._reopen(close_codes.GOING_AWAY)
            case ErrorMessage(about=about) if about is None or about.dashboard_id is None:
                self._refused = error_in(message)
                self._not_before_ms = message.retry_after_ms
                return []
            case ErrorMessage(about=About(widget_id=widget_id)) if widget_id is not None:
                assert message.about is not None and message.about.dashboard_id is not None
                refused = FeedRefused(str(widget_id), error_in(message))
                return self._show(message.about.dashboard_id, refused)
            case Data(dashboard_id=dashboard_id, values=values):
                return self._show(dashboard_id, ShowLive(values))
            case Joined(dashboard_id=dashboard_id, live=live):
                shown = self._show(dashboard_id, ShowLive(live or {}, anew=True))
                return [*self._pass_on(dashboard_id, message), *shown]
            case ErrorMessage():
                assert message.about is not None and message.about.dashboard_id is not None
                return self._pass_on(message.about.dashboard_id, message)
            case _:
                return self._pass_on(message.dashboard_id, message)

    def _welcomed(self) -> list[ConnectionInstruction]:
        self.link = Link.OPEN
        self._token_refused = False
        return [
            order
            for replica in list(self.replicas.values())
            for order in self._tell(replica, self._connected)
        ]

    @property
    def _connected(self) -> Connected:
        return Connected(self._connection_id)

    def _show(
        self, dashboard_id: UUID, news: ShowLive | FeedRefused
    ) -> list[ConnectionInstruction]:
        return [Tell(dashboard_id, news)] if dashboard_id in self.replicas else []

    def _pass_on(
        self, dashboard_id: UUID, message: DashboardMessage
    ) -> list[ConnectionInstruction]:
        replica = self.replicas.get(dashboard_id)
        return self._tell(replica, Received(message)) if replica is not None else []

    # --- the end of a socket --------------------------------------------------------------------

    def _closed(self, code: int | None, reason: str) -> list[ConnectionInstruction]:
        retry = close_codes.retry_after_close(code)
        refused, self._refused = self._refused, None
        if retry is Retry.NEVER:
            name = _CODE_OF_CLOSE.get(code or 0, "invalid_message")
            return self.give_up(refused or WeftError(name, f"Closed with {code} {reason}."))
        if retry is Retry.REAUTHENTICATE:
            if self._token_refused:
                return self.give_up(refused or WeftError("unauthenticated"))
            self._token_refused = True
        out = self._disconnected()
        not_before_ms, self._not_before_ms = self._not_before_ms, None
        self.link = Link.OPENING
        wait = self._backoff.next_seconds(not_before_ms)
        return [*out, OpenSocket(wait, renew_token=retry is Retry.REAUTHENTICATE)]

    def _reopen(self, code: int) -> list[ConnectionInstruction]:
        """Leave this socket for another one; the shell need not tell that it has closed."""
        return [CloseSocket(code), *self._closed(code, "")]

    def give_up(self, error: WeftError) -> list[ConnectionInstruction]:
        """Trying again cannot help: tell everyone."""
        self.error = error
        self.link = Link.OVER
        told = [
            order
            for replica in list(self.replicas.values())
            for order in self._tell(replica, GivenUp(error))
        ]
        return [CloseSocket(close_codes.NORMAL), *told, Fail(error)]

    def _disconnected(self) -> list[ConnectionInstruction]:
        return [
            order
            for replica in list(self.replicas.values())
            for order in self._tell(replica, Disconnected())
        ]

    def _tell(self, replica: Replica, event: ReplicaEvent) -> list[ConnectionInstruction]:
        heard = self.carry(replica, replica.handle(event))
        return heard + self.carry(replica, [*replica.copy.attendance.handle(event)])


def _text(message: WireModel) -> str:
    return encode(message).decode()
