"""Law 7, bad input is answered, and law 9, the slow pay alone: the heart of one connection.

    AWAITING_HELLO ──hello──▶ AUTHENTICATING ──Authenticated──▶ OPEN ──▶ CLOSED

Each state may also go to CLOSED, and nothing leaves CLOSED. `_HANDLERS` at the end holds every
pair of state and event that may meet; another pair is a fault of the shell and raises.
"""

from collections.abc import Callable
from typing import Any, Final

from gateway.expiry import Expiry
from gateway.rate_limit import RateLimiter
from gateway.session_events import (
    Authenticate,
    Authenticated,
    AuthenticationFailed,
    BinaryReceived,
    Close,
    Event,
    FeedRefused,
    Forward,
    FrameReceived,
    GatewayStopping,
    Instruction,
    Opened,
    PassLive,
    ReaderFellBehind,
    Revoked,
    Send,
    SocketClosed,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
    TellPresence,
    Ticked,
    Told,
    WakeAt,
)
from gateway.session_refusals import FRAME_CODES, limited_frame, too_frequent
from gateway.session_state import TRANSITIONS, State
from gateway.subscriptions import Subscriptions
from gateway.welcome import WELCOME_LIMITS
from storage.ports import SessionUser
from weft import limits
from weft.errors import WeftError
from weft.wire import close_codes
from weft.wire.codec import FrameError, decode_client_frame
from weft.wire.frames import (
    authenticated_frame,
    error_frame,
    goaway_frame,
    left_frame,
    notice_frame,
    pong_frame,
    rejected_frame,
    welcome_frame,
)
from weft.wire.messages import (
    PROTOCOL_VERSION,
    ClientMessage,
    Feed,
    Hello,
    Join,
    Leave,
    Ping,
    SetPresence,
    Submit,
)
from weft.wire.messages import Authenticate as FreshToken

Instructions = list[Instruction]


_LANES: Final[dict[type[ClientMessage], str]] = {SetPresence: "cursor", Feed: "feeds"}


class IllegalEvent(RuntimeError):  # noqa: N818  (a fault of the shell, not of a client)
    """This event cannot happen in this state."""


class Session:
    """`handle` takes one event and returns what is to be done, in this order."""

    def __init__(self, connection_id: str, limiter: RateLimiter | None = None) -> None:
        """`limiter`: what the connections of one gateway share; without it, a new one."""
        self.connection_id = connection_id
        self.state = State.AWAITING_HELLO
        self.user: SessionUser | None = None
        self.subscriptions = Subscriptions()
        self._refused_frames = 0
        self._limiter = limiter or RateLimiter()
        self._limited_frames = 0  # in a row

    def handle(self, event: Event) -> Instructions:
        """Never raises for what a client sent; IllegalEvent for what a shell did."""
        if self.state is State.CLOSED:
            return []
        handler = _HANDLERS[self.state].get(type(event))
        if handler is None:
            raise IllegalEvent(f"{type(event).__name__} while {self.state.value}")
        return handler(self, event)

    # --- before it is open ---------------------------------------------------------------------

    def _opened(self, event: Opened) -> Instructions:
        return [WakeAt(event.at_ms + int(limits.HELLO_TIMEOUT_SECONDS * 1000))]

    def _first_frame(self, event: FrameReceived) -> Instructions:
        try:
            message = decode_client_frame(event.data)
        except FrameError as error:
            return self._close_with(error, close_codes.PROTOCOL_VIOLATION)
        if not isinstance(message, Hello):
            refusal: WeftError = FrameError("invalid_message", "The first frame must be hello.")
            return self._close_with(refusal, close_codes.PROTOCOL_VIOLATION)
        if PROTOCOL_VERSION not in message.protocol:
            refusal = WeftError("unsupported_protocol", supported=[PROTOCOL_VERSION])
            return self._close_with(refusal, close_codes.NO_COMMON_PROTOCOL)
        self._move(State.AUTHENTICATING)
        return [Authenticate(message.token)]

    def _hello_overdue(self, _event: Ticked) -> Instructions:
        return self._close(close_codes.HELLO_TIMEOUT)

    def _authenticated(self, event: Authenticated) -> Instructions:
        wait_ms = self._limiter.take(event.user.user_id, "connections", event.at_ms)
        if wait_ms:
            return self._close_with(too_frequent(wait_ms), close_codes.RATE_LIMITED)
        self._move(State.OPEN)
        self.user = event.user
        self._expiry = Expiry(event.user, event.at_ms)
        told = {**WELCOME_LIMITS, **self._limiter.told()}
        frame = welcome_frame(self.connection_id, event.user.user_id, event.at_ms, told)
        return [Send(frame), self._expiry.wake()]

    def _authentication_failed(self, event: AuthenticationFailed) -> Instructions:
        known = event.error.code == "unauthenticated"
        code = close_codes.UNAUTHENTICATED if known else close_codes.INTERNAL
        return self._close_with(event.error, code)

    # --- frames of an open session -------------------------------------------------------------

    def _frame(self, event: FrameReceived) -> Instructions:
        try:
            message = decode_client_frame(event.data)
        except FrameError as error:
            return self._refuse(error)
        assert self.user is not None
        lane = _LANES.get(type(message), "operations")
        wait_ms = self._limiter.take(self.user.user_id, lane, event.at_ms)
        if wait_ms:
            return self._limit(message, too_frequent(wait_ms))
        self._limited_frames = 0
        match message:
            case Submit():
                return self._submit(message)
            case SetPresence():
                return self._present(message)
            case Join():
                return self.subscriptions.join(message)
            case Leave():
                dropped = self.subscriptions.drop(message.dashboard_id)
                return [*dropped, Send(left_frame(message.dashboard_id))]
            case Feed(dashboard_id=dashboard_id, widget_id=widget_id, value=value):
                return [PassLive(dashboard_id, widget_id, value)]
            case Ping():
                return [Send(pong_frame(message.nonce, event.at_ms))]
            case FreshToken():
                return [Authenticate(message.token)]
            case Hello():
                return self._refuse(FrameError("invalid_message", "hello was said before."))

    def _submit(self, message: Submit) -> Instructions:
        subscription = self.subscriptions.joined(message.dashboard_id)
        if subscription is None:
            error = WeftError("not_joined")
            return [Send(rejected_frame(message.dashboard_id, message.sequence, error))]
        return [
            Forward(
                subscription.number,
                message.sequence,
                message.base_version,
                message.operations,
                message.seen_version,
            )
        ]

    def _present(self, message: SetPresence) -> Instructions:
        if self.subscriptions.joined(message.dashboard_id) is None:
            return []  # it may have crossed an `ended`; a lossy lane has no answers
        return [TellPresence(message)]

    def _limit(self, message: ClientMessage, error: WeftError) -> Instructions:
        """An answer for that id alone; who does not wait at all is closed."""
        self._limited_frames += 1
        if self._limited_frames > limits.RATE_REFUSALS_MAX_IN_A_ROW:
            return self._close_with(error, close_codes.RATE_LIMITED)
        dropped = self.subscriptions.drop(message.dashboard_id) if isinstance(message, Join) else []
        return [*dropped, Send(limited_frame(message, error))]

    def _refuse(self, error: FrameError) -> Instructions:
        """Answer a frame that is not let in: to its submission, where it names one."""
        about = error.about
        if "dashboardId" in about and "sequence" in about:
            answer = Send(rejected_frame(about["dashboardId"], about["sequence"], error))
        else:
            answer = Send(error_frame(error))
        if error.code in FRAME_CODES:
            self._refused_frames += 1
        if self._refused_frames < limits.MALFORMED_MAX_PER_CONNECTION:
            return [answer]
        return [answer, *self._close(close_codes.PROTOCOL_VIOLATION)]

    # --- the end -------------------------------------------------------------------------------

    def _binary(self, _event: BinaryReceived) -> Instructions:
        return self._close(close_codes.BINARY_FRAME)

    def _ticked(self, event: Ticked) -> Instructions:
        goes_on = self._expiry.step(event.at_ms)
        return self._revoked(Revoked()) if goes_on is None else goes_on

    def _revoked(self, _event: Revoked) -> Instructions:
        return self._close_with(WeftError("unauthenticated"), close_codes.UNAUTHENTICATED)

    def _told(self, event: Told) -> Instructions:
        return [Send(notice_frame(event.text))]

    def _renewed(self, event: Authenticated) -> Instructions:
        assert self.user is not None
        if event.user.user_id != self.user.user_id:
            return self._not_renewed(
                AuthenticationFailed(WeftError("forbidden", "The token is another user's."))
            )
        self.user = event.user
        self._expiry = Expiry(event.user, event.at_ms)
        return [Send(authenticated_frame(self._expiry.deadline_ms)), self._expiry.wake()]

    def _not_renewed(self, event: AuthenticationFailed) -> Instructions:
        """The token before counts until its end."""
        return [Send(error_frame(event.error))]

    def _fell_behind(self, _event: ReaderFellBehind) -> Instructions:
        return self._close(close_codes.SLOW_READER)

    def _stopping(self, event: GatewayStopping) -> Instructions:
        farewell = Send(goaway_frame(WeftError("going_away"), event.retry_after_ms))
        return [farewell, *self._close(close_codes.GOING_AWAY)]

    def _socket_closed(self, _event: SocketClosed) -> Instructions:
        self._move(State.CLOSED)
        subscriptions = self.subscriptions
        return [order for each in subscriptions for order in subscriptions.drop(each)]

    def _close_with(self, error: WeftError, code: int) -> Instructions:
        return [Send(error_frame(error)), *self._close(code)]

    def _close(self, code: int) -> Instructions:
        detached = self._socket_closed(SocketClosed())
        return [*detached, Close(code, close_codes.CLOSE_CODES[code].name)]

    def _move(self, state: State) -> None:
        assert state in TRANSITIONS[self.state], f"{self.state} to {state}"
        self.state = state


_Handlers = dict[type[Any], Callable[[Session, Any], Instructions]]
_AT_ANY_TIME: Final[_Handlers] = {
    BinaryReceived: Session._binary,
    ReaderFellBehind: Session._fell_behind,
    GatewayStopping: Session._stopping,
    SocketClosed: Session._socket_closed,
}
_HANDLERS: Final[dict[State, _Handlers]] = {
    State.AWAITING_HELLO: {
        Opened: Session._opened,
        FrameReceived: Session._first_frame,
        Ticked: Session._hello_overdue,
        **_AT_ANY_TIME,
    },
    State.AUTHENTICATING: {
        Authenticated: Session._authenticated,
        AuthenticationFailed: Session._authentication_failed,
        Ticked: Session._hello_overdue,
        **_AT_ANY_TIME,
    },
    State.OPEN: {
        FrameReceived: Session._frame,
        SubscriptionJoined: lambda session, event: session.subscriptions.owner_joined(event),
        SubscriptionAnswered: lambda session, event: session.subscriptions.owner_answered(event),
        SubscriptionEnded: lambda session, event: session.subscriptions.owner_ended(event),
        SubscriptionLost: lambda session, event: session.subscriptions.owner_lost(event),
        Authenticated: Session._renewed,
        AuthenticationFailed: Session._not_renewed,
        Revoked: Session._revoked,
        Told: Session._told,
        Ticked: Session._ticked,
        FeedRefused: lambda _, event: [Send(event.frame)],
        **_AT_ANY_TIME,
    },
}
