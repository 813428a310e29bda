"""Live data as a client holds it: the latest of each widget; a join brings all there is."""

from typing import Any

from weft.client.instructions import ShowLive
from weft.client.live import LiveValues
from weft.wire.messages import Live


def told(anew: bool = False, **values: tuple[int, Any]) -> ShowLive:
    return ShowLive({each: Live(at=at, value=value) for each, (at, value) in values.items()}, anew)


def test_the_latest_wins_and_what_is_older_is_no_news() -> None:
    live = LiveValues()
    assert live.follow(told(a=(5, {"n": 1}))).values.keys() == {"a"}
    assert not live.follow(told(a=(4, {"n": 0}))).values
    live.follow(told(a=(6, {"n": 2}), b=(1, {})))
    assert {each: held.value for each, held in live.values.items()} == {"a": {"n": 2}, "b": {}}


def test_what_is_gone_is_gone_and_does_not_come_back_by_an_older_value() -> None:
    live = LiveValues()
    live.follow(told(a=(5, {"n": 1})))
    assert live.follow(told(a=(6, None))).values["a"].value is None
    assert not live.follow(told(a=(5, {"n": 1}))).values
    assert live.values == {}


def test_a_join_brings_all_there_is_whatever_the_clock_of_the_owner_says() -> None:
    live = LiveValues()
    live.follow(told(a=(9, {"n": 1}), gone=(9, {})))
    news = live.follow(told(anew=True, a=(7, {"n": 2})))
    assert {each: held.value for each, held in news.values.items()} == {"a": {"n": 2}, "gone": None}
    assert {each: held.value for each, held in live.values.items()} == {"a": {"n": 2}}
