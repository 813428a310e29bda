"""The connection's heart: hello, reconnecting, and never a loop where trying again cannot help."""

from typing import Any, TypeVar
from uuid import UUID

import orjson
import pytest

from tests.client.conversation import BOARD, ME, NOTE, WIDGET
from weft.client.backoff import Backoff
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
    Finish,
    OpenSocket,
    RenewToken,
    SendFrame,
    Tell,
    WaitFor,
)
from weft.client.replica import Phase, Replica
from weft.errors import Retry, WeftError
from weft.wire.close_codes import CLOSE_CODES
from weft.wire.codec import encode

WELCOME = {
    "type": "welcome",
    "protocol": 1,
    "connectionId": "c1",
    "userId": str(ME),
    "serverTime": 1,
    "limits": {},
}
JOINED = {
    "type": "joined",
    "dashboardId": str(BOARD),
    "version": 0,
    "role": "editor",
    "snapshot": {"version": 0, "state": {"title": "", "widgets": {WIDGET: NOTE}}},
    "submissions": [],
    "lastSequence": 0,
    "lastVersion": 0,
}


Kind = TypeVar("Kind")


class Line:
    """A connection whose socket is the test."""

    def __init__(self, *, opened: bool = True) -> None:
        self.connection = Connection(lambda: 0.0, "test")
        self.out: list[ConnectionInstruction] = self.connection.open()
        if opened:
            self.happens(SocketOpened("secret"))
            self.hears(WELCOME)
            self.out.clear()

    def happens(self, event: ConnectionEvent) -> None:
        self.out += self.connection.handle(event)

    def hears(self, frame: dict[str, Any]) -> None:
        self.happens(FrameReceived(encode(frame)))

    def fails(self, code: str) -> None:
        self.hears({"type": "error", **WeftError(code).to_json()})

    def join(self) -> Replica:
        replica = Replica(BOARD, ME, lambda: 0.0)
        self.out += self.connection.add(replica)
        return replica

    def said(self) -> list[str]:
        """The types of the frames since the last time."""
        return [orjson.loads(order.frame)["type"] for order in self.orders(SendFrame)]

    def orders(self, kind: type[Kind]) -> list[Kind]:
        found = [order for order in self.out if isinstance(order, kind)]
        self.out = [order for order in self.out if not isinstance(order, kind)]
        return found


def test_it_says_hello_and_joins_only_after_the_welcome() -> None:
    line = Line(opened=False)
    assert line.orders(OpenSocket) == [OpenSocket(0.0)]
    replica = line.join()
    line.happens(SocketOpened("secret"))
    assert orjson.loads(line.orders(SendFrame)[0].frame) == {
        "type": "hello",
        "protocol": [1],
        "token": "secret",
        "client": "test",
    }
    line.hears(WELCOME)
    assert line.said() == ["join"]
    line.hears(JOINED)
    assert replica.phase is Phase.JOINED


def test_after_a_cut_it_opens_again_with_growing_waits_and_joins_again() -> None:
    line = Line()
    replica = line.join()
    line.hears(JOINED)
    line.said()
    waits = []
    for _ in range(3):
        line.happens(SocketClosed())
        assert replica.phase is Phase.OFFLINE
        waits += line.orders(OpenSocket)
    assert waits == [OpenSocket(0.125), OpenSocket(0.25), OpenSocket(0.5)]
    line.happens(SocketOpened("secret"))
    line.hears(WELCOME)
    assert line.said() == ["hello", "join"]


def test_a_long_life_makes_the_next_wait_short_again_and_a_flapping_server_does_not() -> None:
    line = Line()
    for lasted, wait in [(0.1, 0.125), (0.1, 0.25), (0.1, 0.5), (60.0, 0.125)]:
        line.happens(SocketClosed(1011, "", lasted))
        assert line.orders(OpenSocket) == [OpenSocket(wait)]
        line.happens(SocketOpened("secret"))
        line.hears(WELCOME)


def test_who_was_killed_is_met_within_a_second_of_its_return_and_who_stays_away_is_spared() -> None:
    backoff = Backoff(lambda: 0.999999)
    waits = [round(backoff.next_seconds(), 2) for _ in range(16)]
    assert waits[:10] == [0.25, 0.5, *[1.0] * 8]
    assert waits[10:] == [2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


NEVER = [code for code, entry in CLOSE_CODES.items() if entry.retry is Retry.NEVER]


@pytest.mark.parametrize("code", NEVER)
def test_law7_it_never_comes_back_after_a_close_that_says_never(code: int) -> None:
    line = Line()
    replica = line.join()
    line.said()
    line.happens(SocketClosed(code))
    assert line.orders(OpenSocket) == []
    (failure,) = line.orders(Fail)
    (finish,) = [order.instruction for order in line.orders(Tell)]
    assert finish == Finish(failure.error)
    assert replica.status.state == "failed"
    line.happens(SocketClosed())
    line.happens(ReplicaWaited(BOARD))
    assert (line.out, line.connection.link) == ([CloseSocket(1000)], Link.OVER)


def test_law7_the_error_that_was_said_before_a_close_is_what_the_application_gets() -> None:
    line = Line(opened=False)
    line.happens(SocketOpened("secret"))
    line.fails("unsupported_protocol")
    line.happens(SocketClosed(4406))
    assert [failure.error.code for failure in line.orders(Fail)] == ["unsupported_protocol"]


def test_a_token_that_has_ended_is_renewed_once() -> None:
    line = Line()
    line.orders(OpenSocket)
    line.happens(SocketClosed(4401))
    assert line.orders(OpenSocket) == [OpenSocket(0.125, renew_token=True)]
    line.happens(SocketOpened("newer"))
    line.happens(SocketClosed(4401))
    assert line.orders(OpenSocket) == []
    assert [failure.error.code for failure in line.orders(Fail)] == ["unauthenticated"]


def test_law6_a_token_that_ends_soon_is_renewed_on_the_same_socket() -> None:
    line = Line()
    line.join()
    line.hears(JOINED)
    line.out.clear()
    line.hears({"type": "reauthenticate", "deadline": 90_000})
    assert line.orders(RenewToken) == [RenewToken()]
    line.happens(TokenRenewed("fresh"))
    (frame,) = line.orders(SendFrame)
    assert orjson.loads(frame.frame) == {"type": "authenticate", "token": "fresh"}
    line.hears({"type": "authenticated", "deadline": 190_000})
    assert line.out == []


def test_what_the_host_product_says_is_announced() -> None:
    line = Line()
    line.hears({"type": "notice", "text": "We restart at noon."})
    assert line.out == [Announce("We restart at noon.")]


def test_a_token_that_comes_when_the_socket_is_gone_is_for_the_next_one() -> None:
    line = Line()
    line.hears({"type": "reauthenticate", "deadline": 90_000})
    line.happens(SocketClosed())
    line.out.clear()
    line.happens(TokenRenewed("fresh"))
    assert line.out == []


def test_law7_who_connects_too_frequently_waits_as_long_as_it_is_told() -> None:
    line = Line(opened=False)
    line.happens(SocketOpened("secret"))
    limited = {"type": "error", **WeftError("rate_limited").to_json(), "retryAfterMs": 3_000}
    line.hears(limited)
    line.orders(OpenSocket)
    line.happens(SocketClosed(4429))
    assert line.orders(OpenSocket) == [OpenSocket(3.125)]


def test_a_dashboard_that_asks_for_a_new_token_gets_a_new_connection() -> None:
    line = Line()
    line.join()
    line.said()
    ended = {"type": "ended", "dashboardId": str(BOARD), **WeftError("unauthenticated").to_json()}
    line.hears(ended)
    assert line.orders(CloseSocket) == [CloseSocket(4401)]
    assert line.orders(OpenSocket) == [OpenSocket(0.125, renew_token=True)]


def test_a_server_that_goes_away_is_left_for_as_long_as_it_asks() -> None:
    line = Line()
    line.join()
    line.said()
    goaway = {"type": "goaway", **WeftError("going_away").to_json(), "retryAfterMs": 2_000}
    line.hears(goaway)
    assert line.orders(CloseSocket) == [CloseSocket(1001)]
    assert line.orders(OpenSocket) == [OpenSocket(2.125)]
    line.hears(JOINED)
    assert line.out == [], "what the old socket still brings is not heard"


def test_an_address_or_token_of_no_use_is_given_up_at_once() -> None:
    line = Line(opened=False)
    line.orders(OpenSocket)
    line.happens(OpeningRefused(WeftError("misconfigured", "no such place")))
    assert [failure.error.message for failure in line.orders(Fail)] == ["no such place"]
    assert line.orders(OpenSocket) == []


def test_a_frame_that_no_server_of_this_protocol_sends_is_given_up_on() -> None:
    line = Line()
    line.happens(FrameReceived(b'{"type": "surprise"}'))
    assert [failure.error.code for failure in line.orders(Fail)] == ["invalid_message"]


def test_a_wait_of_one_dashboard_is_its_own() -> None:
    line = Line()
    line.join()
    line.said()
    ended = {"type": "ended", "dashboardId": str(BOARD), **WeftError("owner_unavailable").to_json()}
    line.hears(ended)
    assert line.orders(WaitFor) == [WaitFor(BOARD, 0.125)]
    line.happens(ReplicaWaited(UUID(int=7)))
    assert line.said() == []
    line.happens(ReplicaWaited(BOARD))
    assert line.said() == ["join"]
