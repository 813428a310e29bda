"""The heart of one connection: what comes too frequently is refused, and told how long to wait."""

from gateway.rate_limit import Rate, RateLimiter
from gateway.session_events import (
    Attach,
    Authenticated,
    Close,
    Detach,
    Forward,
    SubscriptionJoined,
)
from tests.gateway.session_conversation import ANN, D1, EDIT, HELLO, R1, Conversation, opened, sent

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
