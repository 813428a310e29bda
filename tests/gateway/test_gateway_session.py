"""The heart of one connection, as conversations: `>` arrives, `<` leaves."""

import pytest

from gateway.session import TRANSITIONS, IllegalEvent, State
from gateway.session_events import (
    Attach,
    Authenticated,
    BinaryReceived,
    Close,
    Detach,
    EnterRoom,
    Event,
    Forward,
    FrameReceived,
    GatewayStopping,
    ReaderFellBehind,
    Send,
    SendJoined,
    SocketClosed,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
    Ticked,
)
from tests.gateway.session_conversation import (
    ANN,
    D1,
    D2,
    EDIT,
    HELLO,
    R1,
    Conversation,
    joined,
    opened,
    sent,
)
from weft import limits
from weft.errors import WeftError

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


# --- the table ------------------------------------------------------------------------------------


def test_nothing_leaves_the_closed_state() -> None:
    assert TRANSITIONS[State.CLOSED] == frozenset()
    assert all(State.CLOSED in TRANSITIONS[state] for state in State if state is not State.CLOSED)


def test_an_event_that_cannot_happen_is_the_shells_fault() -> None:
    with pytest.raises(IllegalEvent, match="Authenticated while awaiting_hello"):
        Conversation().event(Authenticated(ANN, 0))
