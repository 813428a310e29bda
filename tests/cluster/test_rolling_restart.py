"""A restart in order that breaks off leaves everybody at work."""

from types import SimpleNamespace
from typing import Any

import pytest

from cluster import ray_rolling_restart
from weft.errors import WeftError


class Order:
    """An actor's method, called from far."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name, self.asked = name, asked

    def remote(self) -> str:
        self.asked.append(self.name)
        return self.name


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the only owner but one is told."""
    orders: list[str] = []
    owner = SimpleNamespace(drain=Order("drain", orders), stay=Order("stay", orders))
    monkeypatch.setattr(ray_rolling_restart.ray, "get_actor", lambda *_, **__: owner)
    monkeypatch.setattr(ray_rolling_restart, "_ask", lambda order: order)
    return orders


@pytest.mark.parametrize("failure", [WeftError("internal"), KeyboardInterrupt()])
def test_an_owner_that_is_drained_and_not_restarted_takes_dashboards_again(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def break_off(*_: Any) -> None:
        raise failure

    monkeypatch.setattr(ray_rolling_restart, "_stop_and_start", break_off)
    with pytest.raises(type(failure)):
        ray_rolling_restart.restart_owner("owner-0", is_alone=False)
    assert asked == ["drain", "stay"]


def test_an_owner_that_is_restarted_is_told_no_more(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_rolling_restart, "_stop_and_start", lambda _: asked.append("restart"))
    ray_rolling_restart.restart_owner("owner-0", is_alone=False)
    assert asked == ["drain", "restart"]


def test_of_whom_nobody_is_there_nobody_is_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_rolling_restart, "members", lambda _: [])
    with pytest.raises(WeftError) as caught:
        ray_rolling_restart.restart_one("owner", 0.5)
    assert caught.value.code == "owner_unavailable"
