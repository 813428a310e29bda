"""The heart of one connection: who it is, and how long their token counts."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from gateway.session_events import (
    Authenticate,
    Authenticated,
    AuthenticationFailed,
    Close,
    Detach,
    Forward,
    Opened,
    Revoked,
    Ticked,
    WakeAt,
)
from tests.gateway.session_conversation import (
    ANN,
    D1,
    EDIT,
    FRESH,
    HELLO,
    Conversation,
    joined,
    sent,
)
from weft import limits
from weft.errors import WeftError


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
