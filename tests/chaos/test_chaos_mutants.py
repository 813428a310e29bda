"""What the checker is worth: each fault built into real owners on a real PostgreSQL is reported,
by the same editors and the same judgement as `weft chaos`; without one there is nothing to report.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from actors.dashboard_service import DashboardService
from actors.events import CommitReturned
from actors.instructions import Commit
from actors.replicas import Standing
from cluster.chaos import attendance, rights
from storage import postgres_commit
from storage.memory_presence import MemoryPresence
from tests.chaos.house import House

pytestmark = pytest.mark.store

ENOUGH = 16  # versions


@pytest.fixture
async def house(postgres_url: str) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield House(postgres_url, stack)


async def test_without_a_fault_built_in_nothing_is_reported(house: House) -> None:
    await house.open(gateways=2)
    house.start_editing()
    await house.saved(ENOUGH // 2)
    for editor in house.editors:
        editor.recorder.echoes = True
        editor.recorder.cut()
    await house.saved(ENOUGH)
    bob = house.editors[1]
    for role in ("viewer", "editor", None, "editor"):
        await house.host.set_role(house.dashboard_id, bob.user_id, role)
    await house.saved(2 * ENOUGH)
    await house.rest()
    assert await house.violations() == []


async def test_law5_two_owners_that_both_believe_take_turns_and_the_log_keeps_its_order(
    house: House,
) -> None:
    """Each gateway knows of one owner alone, which knows of no other: so both always open it."""
    await house.open(sides=2)
    house.start_editing()
    await house.saved(ENOUGH)
    heads = await house.history()
    assert {str(row.submission.user_id) for row in heads.rows} >= {
        str(editor.user_id) for editor in house.editors
    }, "editors of both sides have committed"
    house.owners[1]._directory = house.gateways[1]._sockets._around.route.finder._directory = (
        house.directories[0]
    )
    await house.rest()
    assert await house.violations() == []


async def test_law5_a_commit_without_the_fence_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = (
        "AND dashboards.version = wanted.expected_version\n"
        "      AND dashboards.owner_epoch = wanted.epoch"
    )
    statement = postgres_commit.GROUP_COMMIT
    assert fence in statement
    monkeypatch.setattr(postgres_commit, "GROUP_COMMIT", statement.replace(fence, ""))
    monkeypatch.setattr(DashboardService, "check_fence", lambda *_: None)
    await house.open(sides=2)
    house.start_editing()
    await house.saved(ENOUGH)
    await house.rest(patience_seconds=1.0)
    assert 5 in await house.laws_broken()


async def test_law2_an_acknowledgement_before_the_commit_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def acknowledge_first(self: DashboardService, order: Commit) -> None:
        self._commits.put(self.lane, order)
        handle(self, CommitReturned(order.submission.version))

    def handle_once(self: DashboardService, event: Any) -> None:
        if not isinstance(event, CommitReturned):
            handle(self, event)

    handle = DashboardService.handle
    monkeypatch.setattr(DashboardService, "_commit", acknowledge_first)
    monkeypatch.setattr(DashboardService, "handle", handle_once)
    await house.open()
    house.start_editing()
    await house.saved(ENOUGH)
    await house.rest()
    found = await house.violations()
    assert {violation.law for violation in found} == {2}
    assert "before its commit" in found[0].why


async def test_law3_a_server_that_does_not_recognise_what_has_committed_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.replicas.Replicas.standing", lambda *_: Standing.NEW)
    await house.open()
    for editor in house.editors:
        editor.recorder.echoes = True
    house.start_editing()
    await house.saved(ENOUGH)
    await house.rest(patience_seconds=1.0)
    assert 3 in await house.laws_broken()


async def test_law6_a_revocation_that_reaches_no_owner_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell_nobody(*_: Any) -> None:
        pass

    monkeypatch.setattr("gateway.grants_loop.LinkedEnforcement.changed", tell_nobody)
    await house.open()
    house.start_editing()
    await house.saved(ENOUGH)
    bob = house.editors[1]
    await house.host.set_role(house.dashboard_id, bob.user_id, "viewer")
    await house.saved(2 * ENOUGH)
    await house.rest()
    assert await house.laws_broken() == {6}


async def test_law6_a_grant_that_reaches_no_owner_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell_nobody(*_: Any) -> None:
        pass

    await house.open()
    house.start_editing()
    await house.saved(ENOUGH)
    bob = house.editors[1]
    await house.host.set_role(house.dashboard_id, bob.user_id, "viewer")
    monkeypatch.setattr("gateway.grants_loop.LinkedEnforcement.changed", tell_nobody)
    monkeypatch.setattr(rights, "TOLD_WITHIN_SECONDS", 0.0)
    await house.host.set_role(house.dashboard_id, bob.user_id, "editor")
    await house.rest()
    [violation] = await house.violations()
    assert (violation.law, violation.client) == (6, "bob")
    assert "was told viewer" in violation.why


async def test_law8_a_departure_that_other_gateways_never_hear_of_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is what it left swept: the clock of the store stands still."""

    async def tell_of_arrivals(
        self: MemoryPresence, write: Any, _: Any, news: Any, ttl_seconds: float
    ) -> None:
        await tell(self, write, (), [replace(each, left=()) for each in news], ttl_seconds)

    tell = MemoryPresence.tell
    monkeypatch.setattr(MemoryPresence, "tell", tell_of_arrivals)
    monkeypatch.setattr(attendance, "TRUE_WITHIN_SECONDS", 0.5)
    await house.open(gateways=2)
    house.start_editing()
    await house.saved(ENOUGH // 2)
    for editor in house.editors:
        editor.recorder.cut()
    await house.saved(ENOUGH)
    await house.rest(patience_seconds=1.0)
    ghosts = [each for each in await house.violations() if "is gone" in each.why]
    assert {violation.law for violation in ghosts} == {8}
