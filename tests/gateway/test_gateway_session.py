"""The heart of one connection, as conversations: `>` arrives, `<` leaves."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rate_limit import Rate, RateLimiter
from gateway.session import _HANDLERS, TRANSITIONS, IllegalEvent, Session, State
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
    Forward,
    FrameReceived,
    GatewayStopping,
    Instruction,
    Opened,
    ReaderFellBehind,
    Revoked,
    Send,
    SendJoined,
    SocketClosed,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
    Ticked,
    WakeAt,
)
from storage.ports import SessionUser
from weft import limits
from weft.errors import WeftError

ANN = SessionUser(UUID(int=1), UUID(int=2), "ann", expires_at_ms=90_000)
D1, D2, R1 = UUID(int=11), UUID(int=12), UUID(int=21)
EDIT = {"type": "update", "path": ["settings", "theme"], "value": "dark"}
FRESH = {"type": "authenticate", "token": "fresh"}
HELLO = {"type": "hello", "protocol": [1], "token": "secret"}


class Conversation:
    """Feeds a session and shows what leaves it; Send as the JSON that is sent."""

    def __init__(self, limiter: RateLimiter | None = None) -> None:
        self.session = Session("c1", limiter)

    def event(self, event: Event) -> list[Instruction]:
        return self.session.handle(event)

    def frame(self, frame: dict[str, Any] | str, at_ms: int = 0) -> list[Instruction]:
        data = frame if isinstance(frame, str) else orjson.dumps(frame).decode()
        return self.event(FrameReceived(data, at_ms))

    def join(self, dashboard_id: UUID = D1, **fields: Any) -> list[Instruction]:
        return self.frame({"type": "join", "dashboardId": dashboard_id, "replicaId": R1} | fields)

    def submit(self, dashboard_id: UUID = D1, **fields: Any) -> list[Instruction]:
        frame = {
            "type": "submit",
            "dashboardId": dashboard_id,
            "sequence": 1,
            "baseVersion": 0,
            "operations": [EDIT],
        }
        return self.frame(frame | fields)


def opened(limiter: RateLimiter | None = None) -> Conversation:
    talk = Conversation(limiter)
    talk.event(Opened(0))
    talk.frame(HELLO)
    talk.event(Authenticated(ANN, 0))
    return talk


def joined(*dashboards: UUID) -> Conversation:
    talk = opened()
    for dashboard in dashboards or (D1,):
        attach = talk.join(dashboard)[-1]
        assert isinstance(attach, Attach)
        talk.event(SubscriptionJoined(attach.subscription, b"{}"))
    return talk


def sent(instruction: Instruction) -> dict[str, Any]:
    assert isinstance(instruction, Send)
    message: dict[str, Any] = orjson.loads(instruction.frame)
    return message


# --- hello ----------------------------------------------------------------------------------------


def test_a_connection_opens_with_hello_and_the_hash_of_its_token() -> None:
    talk = Conversation()
    assert talk.event(Opened(1_000)) == [WakeAt(11_000)]
    assert talk.frame(HELLO) == [Authenticate("secret")]
    welcome, wake = talk.event(Authenticated(ANN, 1_005))
    message = sent(welcome)
    assert message | {"limits": {}} == {
        "type": "welcome",
        "protocol": 1,
        "connectionId": "c1",
        "userId": str(ANN.user_id),
        "serverTime": 1_005,
        "limits": {},
    }
    assert message["limits"]["frameMaxBytes"] == limits.FRAME_MAX_BYTES
    assert wake == WakeAt((1_005 + ANN.expires_at_ms + 1) // 2), "half its life before the end"


@pytest.mark.parametrize(
    ("frame", "error", "close_code"),
    [
        ({"type": "ping"}, "invalid_message", 4400),
        ("nonsense", "malformed", 4400),
        (HELLO | {"protocol": []}, "invalid_message", 4400),
        (HELLO | {"protocol": [2, 3]}, "unsupported_protocol", 4406),
    ],
)
def test_another_first_frame_than_a_hello_of_ours_closes(
    frame: Any, error: str, close_code: int
) -> None:
    told, close = Conversation().frame(frame)
    assert sent(told)["code"] == error
    assert isinstance(close, Close)
    assert close.code == close_code


def test_a_protocol_is_common_when_one_of_several_is() -> None:
    assert isinstance(Conversation().frame(HELLO | {"protocol": [9, 1]})[0], Authenticate)


def test_who_says_nothing_is_closed_in_time() -> None:
    talk = Conversation()
    talk.event(Opened(0))
    assert talk.event(Ticked(10_000)) == [Close(4408, "hello_timeout")]


@pytest.mark.parametrize(
    ("code", "close_code"),
    [("unauthenticated", 4401), ("storage_unavailable", 1011), ("internal", 1011)],
)
def test_a_token_that_does_not_count_closes(code: str, close_code: int) -> None:
    talk = Conversation()
    talk.frame(HELLO)
    told, close = talk.event(AuthenticationFailed(WeftError(code)))
    assert sent(told)["code"] == code
    assert isinstance(close, Close)
    assert close.code == close_code


def test_law6_the_end_of_a_token_is_told_ahead_and_once() -> None:
    talk = joined()
    assert talk.event(Ticked(44_999)) == [WakeAt(45_000)]
    told, wake = talk.event(Ticked(45_000))
    assert sent(told) == {"type": "reauthenticate", "deadline": 90_000}
    assert wake == WakeAt(90_000)
    assert talk.event(Ticked(60_000)) == [WakeAt(90_000)]


def test_of_a_token_that_lasts_long_the_end_is_told_a_minute_ahead() -> None:
    talk = Conversation()
    talk.frame(HELLO)
    day_ms = 86_400_000
    _, wake = talk.event(Authenticated(replace(ANN, expires_at_ms=day_ms), 0))
    assert wake == WakeAt(day_ms - 60_000)


def test_law6_a_fresh_token_goes_on_where_the_old_one_ends() -> None:
    talk = joined()
    talk.event(Ticked(45_000))
    assert talk.frame(FRESH, 50_000) == [Authenticate("fresh")]
    fresh = replace(ANN, session_id=UUID(int=9), expires_at_ms=250_000)
    told, wake = talk.event(Authenticated(fresh, 50_000))
    assert sent(told) == {"type": "authenticated", "deadline": 250_000}
    assert wake == WakeAt(190_000)
    assert talk.session.user == fresh
    assert talk.submit() == [Forward(1, 1, 0, [EDIT])], "it has lost nothing"
    assert talk.event(Ticked(90_000)) == [WakeAt(190_000)], "the old end is none"
    told, _ = talk.event(Ticked(190_000))
    assert sent(told) == {"type": "reauthenticate", "deadline": 250_000}


def test_law6_a_fresh_token_of_somebody_else_is_refused_and_the_old_one_counts() -> None:
    talk = joined()
    talk.frame(FRESH)
    eve = replace(ANN, user_id=UUID(int=7), session_id=UUID(int=9), expires_at_ms=10**9)
    (told,) = talk.event(Authenticated(eve, 0))
    assert (sent(told)["type"], sent(told)["code"]) == ("error", "forbidden")
    assert talk.session.user == ANN
    talk.event(Ticked(45_000))
    assert talk.event(Ticked(90_000))[-1] == Close(4401, "unauthenticated")


@pytest.mark.parametrize("code", ["unauthenticated", "storage_unavailable"])
def test_law7_a_fresh_token_that_does_not_count_ends_nothing(code: str) -> None:
    talk = joined()
    talk.frame(FRESH)
    (told,) = talk.event(AuthenticationFailed(WeftError(code)))
    assert (sent(told)["type"], sent(told)["code"]) == ("error", code)
    assert talk.submit() == [Forward(1, 1, 0, [EDIT])]


def test_law6_a_session_that_is_revoked_is_closed_as_one_that_has_ended() -> None:
    told, detach, close = joined().event(Revoked())
    assert sent(told)["code"] == "unauthenticated"
    assert detach == Detach(1, D1)
    assert close == Close(4401, "unauthenticated")


def test_a_session_ends_when_its_token_does() -> None:
    talk = joined()
    told, detach, close = talk.event(Ticked(90_000))
    assert sent(told)["code"] == "unauthenticated"
    assert detach == Detach(1, D1)
    assert close == Close(4401, "unauthenticated")


# --- dashboards -----------------------------------------------------------------------------------


def test_a_join_attaches_and_what_the_owner_answers_is_passed_on() -> None:
    talk = opened()
    assert talk.join(version=7, wantsTail=True) == [Attach(1, D1, R1, 7, True)]
    assert talk.event(SubscriptionAnswered(1, b"tail")) == [Send(b"tail")]
    assert talk.event(SubscriptionJoined(1, b"joined")) == [
        SendJoined(1, D1, R1, b"joined"),
        EnterRoom(1, D1),
    ]
    assert talk.event(SubscriptionAnswered(1, b"rejected")) == [Send(b"rejected")]


def test_joining_again_replaces_and_the_earlier_one_is_heard_no_more() -> None:
    talk = joined()
    assert talk.join(version=3) == [Detach(1, D1), Attach(2, D1, R1, 3, False)]
    for late in (
        SubscriptionAnswered(1, b"late"),
        SubscriptionJoined(1, b"late"),
        SubscriptionEnded(1, b"late"),
        SubscriptionLost(1, WeftError("owner_unavailable")),
    ):
        assert talk.event(late) == []
    assert talk.event(SubscriptionJoined(2, b"joined")) == [
        SendJoined(2, D1, R1, b"joined"),
        EnterRoom(2, D1),
    ]


def test_leaving_detaches_and_leaving_twice_is_answered_twice() -> None:
    talk = joined()
    detach, told = talk.frame({"type": "leave", "dashboardId": D1})
    assert detach == Detach(1, D1)
    assert sent(told) == {"type": "ended", "dashboardId": str(D1), "code": "left"}
    assert len(talk.frame({"type": "leave", "dashboardId": D1})) == 1


def test_what_the_owner_ends_may_be_joined_again() -> None:
    talk = joined()
    assert talk.event(SubscriptionEnded(1, b"ended")) == [Detach(1, D1), Send(b"ended")]
    assert talk.join() == [Attach(2, D1, R1, None, False)]


def test_a_lost_link_is_told_for_each_dashboard_on_it() -> None:
    talk = joined(D1, D2)
    error = WeftError("owner_unavailable", retryAfterMs=250)
    detach, told = talk.event(SubscriptionLost(1, error))
    assert detach == Detach(1, D1)
    assert sent(told)["retryAfterMs"] == 250
    assert isinstance(talk.submit(D2)[0], Forward)


def test_law7_a_connection_has_a_bounded_number_of_dashboards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "DASHBOARDS_MAX_PER_CONNECTION", 1)
    talk = joined(D1)
    (told,) = talk.join(D2)
    assert sent(told)["type"] == "ended"
    assert sent(told)["code"] == "limit_exceeded"
    assert talk.join(D1)[-1] == Attach(2, D1, R1, None, False)


# --- submissions ----------------------------------------------------------------------------------


def test_a_good_submission_is_forwarded() -> None:
    talk = joined()
    assert talk.submit(sequence=4, baseVersion=2) == [Forward(1, 4, 2, [EDIT])]


def test_a_submission_before_joined_is_rejected_with_its_sequence() -> None:
    talk = opened()
    talk.join()
    (told,) = talk.submit(sequence=4)
    message = sent(told)
    assert (message["type"], message["sequence"], message["code"]) == ("rejected", 4, "not_joined")
    assert message["retry"] == "rejoin"


def test_law7_a_bad_submission_is_rejected_and_the_next_good_one_goes_through() -> None:
    talk = joined()
    (told,) = talk.submit(sequence=4, operations=[EDIT | {"path": []}])
    message = sent(told)
    assert (message["type"], message["dashboardId"]) == ("rejected", str(D1))
    assert (message["sequence"], message["code"]) == (4, "invalid_operation")
    assert "about" not in message
    assert isinstance(talk.submit(sequence=5)[0], Forward)


def test_law7_a_frame_that_names_no_submission_is_answered_with_error() -> None:
    talk = joined()
    (told,) = talk.frame('{"type": "submit", "dashboardId": "' + str(D1) + '"')
    assert sent(told)["type"] == "error"
    assert sent(told)["about"] == {"dashboardId": str(D1)}
    (told,) = talk.frame(HELLO)
    assert sent(told)["code"] == "invalid_message"


def test_law7_too_many_malformed_frames_close() -> None:
    talk = joined()
    for _ in range(limits.MALFORMED_MAX_PER_CONNECTION - 1):
        assert len(talk.frame("nonsense")) == 1
    told, detach, close = talk.frame("nonsense")
    assert sent(told)["code"] == "malformed"
    assert detach == Detach(1, D1)
    assert close == Close(4400, "protocol_violation")


def test_operations_that_do_not_apply_are_no_violation_of_the_protocol() -> None:
    talk = joined()
    for sequence in range(1, 2 * limits.MALFORMED_MAX_PER_CONNECTION):
        assert len(talk.submit(sequence=sequence, operations=[{"type": "explode"}])) == 1


def test_a_ping_is_answered_with_its_nonce_and_the_time() -> None:
    (told,) = opened().frame({"type": "ping", "nonce": "n"}, at_ms=77)
    assert sent(told) == {"type": "pong", "nonce": "n", "serverTime": 77}


# --- slow readers and ends ------------------------------------------------------------------------


def test_law9_a_snapshot_is_not_put_on_top_of_a_full_backlog() -> None:
    talk = joined(D1)
    talk.join(D2)
    full = limits.OUTGOING_MAX_BYTES + 1
    detach, told = talk.event(SubscriptionJoined(2, b"snapshot", waiting_bytes=full))
    assert detach == Detach(2, D2)
    assert (sent(told)["type"], sent(told)["code"]) == ("ended", "slow_reader")
    talk.join(D2)
    detach, told = talk.event(SubscriptionAnswered(3, b"tail", waiting_bytes=full))
    assert sent(told)["retry"] == "rejoin"
    assert isinstance(talk.submit(D1)[0], Forward)


@pytest.mark.parametrize(
    ("event", "close_code"),
    [(ReaderFellBehind(), 4413), (BinaryReceived(), 1003), (GatewayStopping(50), 1001)],
)
def test_an_end_detaches_everything_before_it_closes(event: Event, close_code: int) -> None:
    talk = joined(D1, D2)
    *_, first, second, close = talk.event(event)
    assert (first, second) == (Detach(1, D1), Detach(2, D2))
    assert isinstance(close, Close)
    assert close.code == close_code


def test_stopping_says_when_to_come_back_before_it_closes() -> None:
    told, _ = opened().event(GatewayStopping(50))
    assert sent(told)["type"] == "goaway"
    assert (sent(told)["retry"], sent(told)["retryAfterMs"]) == ("rejoin", 50)


def test_after_its_end_a_session_orders_nothing() -> None:
    talk = joined()
    assert talk.event(SocketClosed()) == [Detach(1, D1)]
    for event in (FrameReceived("{}", 0), Ticked(0), SocketClosed(), Authenticated(ANN, 0)):
        assert talk.event(event) == []


# --- too much -------------------------------------------------------------------------------------

TWO = {"operations": Rate(2, 1_000), "connections": Rate(2, 60_000)}


def limited() -> Conversation:
    """Joined, and one operation is left in this second."""
    talk = opened(RateLimiter(TWO, {}))
    (attach,) = talk.join()
    talk.event(SubscriptionJoined(attach.subscription, b"{}"))
    return talk


def test_law7_what_comes_too_frequently_is_refused_for_its_id_with_a_time_to_wait() -> None:
    talk = limited()
    assert talk.submit(sequence=1) == [Forward(1, 1, 0, [EDIT])]
    (told,) = talk.submit(sequence=2)
    about = {"type": "rejected", "dashboardId": str(D1), "sequence": 2}
    error = {"code": "rate_limited", "retry": "later", "retryAfterMs": 1_000}
    assert sent(told).items() >= (about | error).items()
    (told,) = talk.frame({"type": "ping"}, 400)
    assert (sent(told)["code"], sent(told)["retryAfterMs"]) == ("rate_limited", 600)
    detach, told = talk.frame({"type": "join", "dashboardId": D1, "replicaId": R1}, 999)
    assert (detach, sent(told)["type"]) == (Detach(1, D1), "ended")
    assert talk.frame({"type": "join", "dashboardId": D1, "replicaId": R1}, 1_000) == [
        Attach(2, D1, R1, None, False)
    ]


def test_law7_the_rates_are_told_in_the_welcome() -> None:
    talk = Conversation(RateLimiter(TWO, {}))
    talk.frame(HELLO)
    welcome, _ = talk.event(Authenticated(ANN, 0))
    told = sent(welcome)["limits"]
    assert (told["operationsMaxPerWindow"], told["operationsWindowMs"]) == (2, 1_000)
    assert (told["connectionsMaxPerWindow"], told["connectionsWindowMs"]) == (2, 60_000)


def test_law7_who_connects_too_frequently_is_closed_and_told_how_long_to_wait() -> None:
    limiter = RateLimiter(TWO, {})
    opened(limiter), opened(limiter)
    talk = Conversation(limiter)
    talk.frame(HELLO)
    told, close = talk.event(Authenticated(ANN, 1_000))
    assert (sent(told)["code"], sent(told)["retryAfterMs"]) == ("rate_limited", 59_000)
    assert close == Close(4429, "rate_limited")


def test_law7_who_does_not_wait_at_all_is_closed() -> None:
    talk = limited()
    answers = [talk.frame({"type": "ping"}) for _ in range(102)]
    assert all(len(each) == 1 for each in answers[:101])
    assert answers[101][-1] == Close(4429, "rate_limited")


def test_the_edits_of_one_user_are_counted_over_their_connections() -> None:
    limiter = RateLimiter(TWO, {})
    one, other = opened(limiter), opened(limiter)
    assert sent(one.frame({"type": "ping"})[0])["type"] == "pong"
    assert sent(other.frame({"type": "ping"})[0])["type"] == "pong"
    assert sent(one.frame({"type": "ping"})[0])["code"] == "rate_limited"


# --- the table ------------------------------------------------------------------------------------


def test_nothing_leaves_the_closed_state() -> None:
    assert TRANSITIONS[State.CLOSED] == frozenset()
    assert all(State.CLOSED in TRANSITIONS[state] for state in State if state is not State.CLOSED)


def test_an_event_that_cannot_happen_is_the_shells_fault() -> None:
    with pytest.raises(IllegalEvent, match="Authenticated while awaiting_hello"):
        Conversation().event(Authenticated(ANN, 0))


# --- chance ---------------------------------------------------------------------------------------

ids = st.sampled_from([str(D1), str(D2), "x"])
client_frames = st.one_of(
    st.text(max_size=20),
    st.fixed_dictionaries(
        {"type": st.just("join"), "dashboardId": ids, "replicaId": st.just(str(R1))}
    ).map(orjson.dumps),
    st.fixed_dictionaries({"type": st.just("leave"), "dashboardId": ids}).map(orjson.dumps),
    st.fixed_dictionaries(
        {
            "type": st.just("submit"),
            "dashboardId": ids,
            "sequence": st.integers(-1, 3),
            "baseVersion": st.integers(-1, 3),
            "operations": st.sampled_from([[EDIT], [], [{}]]),
        }
    ).map(orjson.dumps),
    st.just(orjson.dumps({"type": "ping"})),
    st.just(orjson.dumps(HELLO)),
    st.just(orjson.dumps(FRESH)),
)
numbers = st.integers(1, 6)
open_events = st.one_of(
    st.builds(FrameReceived, client_frames, st.just(0)),
    st.builds(SubscriptionJoined, numbers, st.just(b"{}"), st.sampled_from([0, 10**9])),
    st.builds(SubscriptionAnswered, numbers, st.just(b"{}"), st.sampled_from([0, 10**9])),
    st.builds(SubscriptionEnded, numbers, st.just(b"{}")),
    st.builds(SubscriptionLost, numbers, st.just(WeftError("owner_unavailable"))),
    st.builds(Ticked, st.integers(0, 89_999)),
    st.builds(Authenticated, st.just(ANN), st.integers(0, 89_999)),
    st.just(AuthenticationFailed(WeftError("unauthenticated"))),
)
last_events = st.sampled_from(
    [
        SocketClosed(),
        ReaderFellBehind(),
        BinaryReceived(),
        GatewayStopping(1),
        Ticked(90_000),
        Revoked(),
    ]
)


@given(st.lists(open_events, max_size=30), last_events)
def test_law7_no_history_breaks_a_session(events: list[Event], last: Event) -> None:
    """Whatever comes, what was attached is detached once, and only rooms it is in are used."""
    session = opened().session
    attached: dict[int, UUID] = {}
    inside: set[int] = set()
    for event in [*events, last]:
        answered = False
        for order in session.handle(event):
            match order:
                case Attach(number, dashboard_id):
                    assert dashboard_id not in attached.values()
                    attached[number] = dashboard_id
                case EnterRoom(number):
                    inside.add(number)
                case Forward(number):
                    assert number in inside
                case Detach(number, dashboard_id):
                    assert attached.pop(number) == dashboard_id
                    inside.discard(number)
            answered = True
        assert answered or not isinstance(event, FrameReceived)
    assert not attached
    assert session.state is State.CLOSED


@given(st.lists(st.binary(max_size=40) | st.text(max_size=40), max_size=5))
def test_law7_no_bytes_break_a_session(frames: list[bytes | str]) -> None:
    talk = opened()
    for data in frames:
        assert talk.event(FrameReceived(data, 0))
    first = Conversation()
    for data in frames[:1]:
        assert isinstance(first.event(FrameReceived(data, 0))[-1], Close)


def test_every_state_but_the_last_handles_the_ends() -> None:
    ends = {SocketClosed, ReaderFellBehind, BinaryReceived, GatewayStopping, Ticked}
    for state in State:
        if state is not State.CLOSED:
            assert ends <= _HANDLERS[state].keys()
