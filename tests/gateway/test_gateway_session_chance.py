"""Law 7 at the heart of one connection: whatever comes, in whatever order, it ends in order."""

from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.session import _HANDLERS, State
from gateway.session_events import (
    Attach,
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
    ReaderFellBehind,
    Revoked,
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
    FRESH,
    HELLO,
    R1,
    Conversation,
    opened,
)
from weft.errors import WeftError

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
