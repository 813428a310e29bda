"""The demo's chart that moves: fed while somebody looks, and only then."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from cluster import demo_feed_loop
from cluster.demo_feed_loop import POINTS, Figures, keep_feeding


class SeenEnoughError(Exception):
    """The test is over."""


class Owner:
    """An AdminClient that tells who is there from a script, and keeps what it is fed."""

    def __init__(self, looks: list[tuple[str, ...]]) -> None:
        self.looks = looks
        self.fed: list[dict[str, Any]] = []
        self.history = self.widgets = self.users = self.sessions = self

    async def __aenter__(self) -> "Owner":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def find(self, username: str) -> Any:
        return SimpleNamespace(id=demo_feed_loop.demo.id_of(username))

    async def open(self, _session: object) -> Any:
        return SimpleNamespace(token="token of a session")

    async def online(self, _dashboard_id: object) -> tuple[str, ...]:
        if not self.looks:
            raise SeenEnoughError
        return self.looks.pop(0)

    async def feed(self, _dashboard_id: object, _widget_id: object, value: dict[str, Any]) -> None:
        self.fed.append(value)


@pytest.mark.parametrize(("looks", "fed"), [([()], 0), ([("ann",)], 4), ([(), ("ann",), ()], 4)])
async def test_nothing_is_fed_while_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, looks: list[tuple[str, ...]], fed: int
) -> None:
    async def sleep(_seconds: float) -> None:
        return None

    monkeypatch.setattr(demo_feed_loop.asyncio, "sleep", sleep)
    owner: Any = Owner(looks)
    with pytest.raises(SeenEnoughError):
        await keep_feeding(lambda _token: owner, "admin key")
    assert len(owner.fed) == fed


def test_figures_are_bounded_and_never_below_nothing() -> None:
    figures = Figures(random.Random(7))
    for number in range(500):
        value = figures.next(str(number))
        [series] = value["series"]
        assert len(value["labels"]) == len(series["values"]) == min(number + 1, POINTS)
        assert value["labels"][-1] == str(number)
        assert all(0 <= each < 200 for each in series["values"])
