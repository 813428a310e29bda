"""Law 10 for plug-ins: one that fails, hangs or is slow is counted, answered for by its policy, and
left alone for a while; without any, nothing is called.
"""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from weft.errors import WeftError
from weft.limits import PLUGIN_FAILURES_MAX, PLUGIN_QUEUE_MAX, PLUGIN_REST_SECONDS
from weft.models import WidgetKind
from weft.ot import Document, Operation
from weft.plugins import Coming, Committed, Identity, Plugin, Proposal, Refusal
from weft.plugins import plugin_service as service
from weft.plugins.loading import Loaded
from weft.plugins.plugin_service import Plugins

EMPTY = Document.from_json({"title": "Sales", "widgets": {}})
PROPOSAL = Proposal(uuid4(), uuid4(), uuid4(), 0, (), EMPTY, EMPTY)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def plugins_of(plugin: Plugin, policy: Any, clock: Any = None) -> Plugins:
    plugin.name = "it"
    return Plugins([Loaded(plugin, policy)], clock=clock or Clock())


class Breaks(Plugin):
    async def authenticate(self, token: str, address: str | None) -> Identity | None:
        raise OSError("away")

    async def authorise(self, user_id: Any, dashboard_id: Any, role: Any) -> None:
        raise OSError("away")

    def review(self, proposal: Proposal) -> None:
        raise ZeroDivisionError

    async def committed(self, batch: Committed) -> None:
        raise OSError("away")


def test_without_plugins_nothing_is_called() -> None:
    none, idle = Plugins(), plugins_of(Plugin(), "refuse")
    for plugins in (none, idle):
        assert plugins.review is None
        assert not plugins.authenticates
        assert not plugins.authorises
        plugins.committed(uuid4(), b"not even read")
    assert none.counts() == {}


async def test_law10_what_fails_is_refused_or_ignored_as_its_policy_says() -> None:
    strict, lenient = plugins_of(Breaks(), "refuse"), plugins_of(Breaks(), "ignore")
    assert strict.review is not None
    assert lenient.review is not None
    with pytest.raises(WeftError) as raised:
        strict.review(PROPOSAL)
    assert (raised.value.code, raised.value.details["plugin"]) == ("plugin_failed", "it")
    assert lenient.review(PROPOSAL) is None
    for asked in (strict.authenticate("t", None), strict.allows(uuid4(), uuid4(), "editor")):
        with pytest.raises(WeftError) as raised:
            await asked
        assert raised.value.code == "plugin_unavailable"
    assert await lenient.authenticate("t", None) is None
    assert await lenient.allows(uuid4(), uuid4(), "editor") is True
    assert strict.counts()["it"]["failed"] == 3


def test_law10_what_fails_again_and_again_is_left_alone_for_a_while() -> None:
    clock = Clock()
    plugins = plugins_of(Breaks(), "ignore", clock)
    assert plugins.review is not None
    for _ in range(PLUGIN_FAILURES_MAX + 10):
        plugins.review(PROPOSAL)
    assert plugins.counts()["it"]["calls"] == {"review": PLUGIN_FAILURES_MAX}
    clock.now += PLUGIN_REST_SECONDS
    plugins.review(PROPOSAL)
    assert plugins.counts()["it"]["calls"] == {"review": PLUGIN_FAILURES_MAX + 1}


def test_law10_what_is_slow_again_and_again_rests_as_well() -> None:
    clock = Clock()

    class Slow(Plugin):
        def review(self, proposal: Proposal) -> None:
            clock.now += 0.5

    plugins = plugins_of(Slow(), "refuse", clock)
    assert plugins.review is not None
    for _ in range(PLUGIN_FAILURES_MAX):
        plugins.review(PROPOSAL)  # slow as it is, it has answered
    with pytest.raises(WeftError) as raised:
        plugins.review(PROPOSAL)
    assert raised.value.code == "plugin_unavailable"
    assert raised.value.details["retryAfterMs"] == 10_000
    told = plugins.counts()["it"]
    assert (told["slow"], told["milliseconds"]["review"]) == (5, 2_500)


async def test_law10_what_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PLUGIN_TIMEOUT_SECONDS", 0.01)

    class Hangs(Plugin):
        async def authorise(self, user_id: Any, dashboard_id: Any, role: Any) -> None:
            await asyncio.Event().wait()

        async def committed(self, batch: Committed) -> None:
            await asyncio.Event().wait()

    plugins = plugins_of(Hangs(), "refuse")
    with pytest.raises(WeftError) as raised:
        await plugins.allows(uuid4(), uuid4(), "editor")
    assert raised.value.code == "plugin_unavailable"
    plugins.committed(uuid4(), b'{"submissions": []}')
    async with asyncio.timeout(60):
        while plugins.counts()["it"]["failed"] < 2:  # noqa: ASYNC110  (nobody tells of it)
            await asyncio.sleep(0.001)
    await plugins.close()


async def test_a_refusal_is_an_answer_and_no_failure() -> None:
    class Refuses(Plugin):
        async def authorise(self, user_id: Any, dashboard_id: Any, role: Any) -> None:
            raise Refusal("no")

        async def authenticate(self, token: str, address: str | None) -> Identity | None:
            raise Refusal("stolen")

    plugins = plugins_of(Refuses(), "ignore")
    assert await plugins.allows(uuid4(), uuid4(), "editor") is False
    with pytest.raises(WeftError) as raised:
        await plugins.authenticate("t", None)
    assert (raised.value.code, raised.value.message) == ("refused", "stolen")
    assert (plugins.counts()["it"]["failed"], plugins.counts()["it"]["refused"]) == (0, 2)


async def test_those_that_are_told_are_told_in_order_and_what_is_too_much_is_dropped() -> None:
    told: list[Any] = []

    class Listens(Plugin):
        async def committed(self, batch: Committed) -> None:
            told.extend(each["version"] for each in batch.submissions)

        async def loaded(self, dashboard_id: Any, version: int) -> None:
            told.append("loaded")

        async def unloaded(self, dashboard_id: Any, version: int) -> None:
            told.append("unloaded")

        async def presence(self, coming: Coming) -> None:
            told.append(coming.is_here)

    plugins = plugins_of(Listens(), "refuse")
    plugins.loaded(uuid4(), 0)
    await plugins.close()
    for version in range(PLUGIN_QUEUE_MAX + 5):
        plugins.committed(uuid4(), b'{"submissions": [{"version": %d}]}' % version)
    assert plugins.counts()["it"]["dropped"] == 5
    await plugins.close()
    assert told == ["loaded", *range(PLUGIN_QUEUE_MAX)]


def test_types_of_widget_come_from_plugins_and_are_held_by_the_review() -> None:
    class Gauges(Plugin):
        def widget_kinds(self) -> list[WidgetKind]:
            return [WidgetKind("gauge", at_least_one_value)]

    plugins = plugins_of(Gauges(), "refuse")
    assert "gauge" in plugins.widget_types
    assert plugins.review is not None
    assert plugins.review(proposal_with({"value": 1})) is None
    with pytest.raises(WeftError) as raised:
        plugins.review(proposal_with({}))
    assert raised.value.code == "invalid_message"
    assert raised.value.details["errors"][0]["field"] == "config.value"
    with pytest.raises(WeftError) as raised:
        Plugins([], [WidgetKind("text")])
    assert raised.value.code == "misconfigured"


def at_least_one_value(config: Any) -> Any:
    from weft.models import Problem

    return [] if "value" in config else [Problem("value", "missing", "A gauge has a value")]


def proposal_with(config: dict[str, Any]) -> Proposal:
    widget_id = "00000000-0000-4000-8000-00000000000a"
    record = {
        "type": "gauge",
        "title": None,
        "position": {"x": 0, "y": 0, "width": 1, "height": 1},
        "config": config,
        "data": {},
        "isLocked": False,
    }
    after = Document.from_json({"title": "Sales", "widgets": {widget_id: record}})
    operation = Operation("addWidget", widget_id, (), record)
    return Proposal(uuid4(), uuid4(), uuid4(), 0, (operation,), EMPTY, after)
