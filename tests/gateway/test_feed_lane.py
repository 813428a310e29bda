"""Law 9 on the way to an owner: one value per widget under way, and the latest waits."""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from gateway import feed_lane
from gateway.feed_lane import Answer, FeedLane, SendValue
from weft.errors import WeftError

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def lane() -> FeedLane:
    lane = FeedLane()
    assert lane.opened() == []
    return lane


def test_what_is_fed_is_sent_and_answered(lane: FeedLane) -> None:
    assert lane.feed(ONE, {"n": 1}, "ann") == [SendValue(1, ONE, {"n": 1})]
    assert lane.feed(TWO, {"n": 2}, "bob") == [SendValue(2, TWO, {"n": 2})]
    refusal = WeftError("forbidden")
    assert lane.answered(2, refusal) == [Answer("bob", refusal)]
    assert lane.answered(1, None) == [Answer("ann")]
    assert lane.answered(1, None) == []
    assert lane.is_idle


def test_law9_of_a_widget_one_value_is_under_way_and_the_latest_waits(lane: FeedLane) -> None:
    lane.feed(ONE, {"n": 1}, "a")
    assert lane.feed(ONE, {"n": 2}, "b") == []
    assert lane.feed(ONE, {"n": 3}, "c") == [Answer("b")], "as good as taken"
    assert lane.answered(1, None) == [Answer("a"), SendValue(2, ONE, {"n": 3})]
    assert lane.answered(2, None) == [Answer("c")]


def test_until_the_owner_has_let_it_in_everything_waits() -> None:
    lane = FeedLane()
    assert lane.feed(ONE, {"n": 1}, "a") == lane.feed(TWO, {"n": 1}, "b") == []
    assert [each for each in lane.opened() if isinstance(each, SendValue)] == [
        SendValue(1, ONE, {"n": 1}),
        SendValue(2, TWO, {"n": 1}),
    ]


def test_law7_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_lane, "FEEDS_WAITING_MAX_WIDGETS", 1)
    lane = FeedLane()
    lane.feed(ONE, {"n": 1}, "a")
    with pytest.raises(WeftError) as refused:
        lane.feed(TWO, {"n": 1}, "b")
    assert refused.value.code == "rate_limited"
    assert refused.value.details["retryAfterMs"] > 0
    assert lane.feed(ONE, {"n": 2}, "c") == [Answer("a")]


def test_what_an_owner_has_not_answered_goes_to_the_next(lane: FeedLane) -> None:
    lane.feed(ONE, {"n": 1}, "a")
    lane.feed(ONE, {"n": 2}, "b")
    lane.feed(TWO, {"n": 1}, "c")
    assert lane.interrupted() == [Answer("a")]
    assert lane.opened() == [SendValue(3, ONE, {"n": 2}), SendValue(4, TWO, {"n": 1})]
    assert lane.answered(1, None) == [], "an answer of the owner before"


def test_when_no_way_is_left_everyone_is_told(lane: FeedLane) -> None:
    lane.feed(ONE, {"n": 1}, "a")
    lane.feed(ONE, {"n": 2}, "b")
    gone = WeftError("owner_unavailable")
    assert lane.ended(gone) == [Answer("a", gone), Answer("b", gone)]
    assert lane.is_idle


@pytest.mark.parametrize("seed", range(30))
def test_law9_whatever_happens_each_is_answered_once_and_the_owner_ends_with_the_latest(
    seed: int,
) -> None:
    chance = Random(seed)
    lane, asked, answers = FeedLane(), 0, []
    under_way: dict[int, SendValue] = {}
    held: dict[UUID, Any] = {}  # what the owner took last
    latest: dict[UUID, Any] = {}

    def carry(orders: list[Any]) -> None:
        for order in orders:
            if isinstance(order, Answer):
                answers.append(order.asker)
            else:
                assert order.widget_id not in {each.widget_id for each in under_way.values()}
                under_way[order.number] = order

    def take(number: int) -> None:
        order = under_way.pop(number)
        held[order.widget_id] = order.value
        carry(lane.answered(number, None))

    for _ in range(150):
        dice = chance.random()
        if dice < 0.6:
            widget_id = chance.choice([ONE, TWO])
            asked += 1
            latest[widget_id] = {"n": asked}
            carry(lane.feed(widget_id, {"n": asked}, asked))
        elif dice < 0.9 and under_way:
            take(chance.choice(list(under_way)))
        elif dice < 0.95:
            under_way.clear()
            carry(lane.interrupted())
        elif not lane.is_open:
            carry(lane.opened())
    if not lane.is_open:
        carry(lane.opened())
    while under_way:
        take(min(under_way))
    assert sorted(answers) == list(range(1, asked + 1))
    assert held == latest
