"""Webhooks whose receiver refuses, hangs or is away, and deliverers that die: told again."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.delivery import places_each
from storage.delivery_ports import COMMITTED
from storage.postgres_pool import PostgresStores
from tests.gateway.http_world import HttpWorld, problem, refused
from tests.gateway.webhook_receiver import Receiver
from tests.gateway.webhook_world import (
    RULES,
    created_in,
    delivering,
    edited,
    until_dead,
    versions,
    webhook,
)
from weft.limits import WEBHOOK_AT_ONCE_EACH_MAX

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("no_other_webhooks")]


async def test_changes_that_cannot_be_read_become_a_dead_letter_and_what_follows_is_told(
    api: HttpWorld, receiver: Receiver, postgres_stores: PostgresStores
) -> None:
    ann = await api.person()
    async with webhook(api, receiver.url, COMMITTED) as made:
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 3)
        broken = "UPDATE operations SET operation = 'null' WHERE dashboard_id = $1 AND version = 2"
        await postgres_stores.pool.execute(broken, dashboard.id)
        async with delivering(api, replace(RULES, attempts_max=2)):
            (letter,) = await until_dead(api, made.id, {1, 2, 3})
            assert letter.last_error is not None
            assert "operations, version 2" in letter.last_error
            asked = await api.raw().get(f"/api/dashboards/{dashboard.id}/operations")
            assert problem(asked, 500, "unreadable")["where"] == "operations, version 2"
            mended = "UPDATE operations SET operation = '[]' WHERE operation = 'null'"
            await postgres_stores.pool.execute(mended)
            await edited(ann, dashboard, 1)
            await receiver.until(lambda: versions(receiver, dashboard.id) == [4])
    await api.host.dashboards.delete(dashboard.id)  # the verifier would say so too


async def test_what_fails_comes_again_under_its_id_before_what_follows(
    api: HttpWorld, receiver: Receiver
) -> None:
    receiver.answer = lambda received: 503 if received.attempt < 3 else 200
    ann = await api.person()
    async with webhook(api, receiver.url, "collaborator.added"), delivering(api):
        dashboard = await api.dashboard(ann)
        members = [await api.member(dashboard, "viewer") for _ in range(3)]
        await receiver.until(lambda: len(receiver.taken) == 3)
        told = [each.message["data"]["entityId"] for each in receiver.taken]
        assert told == [str(each.id) for each in members]
        ids = [each.message["id"] for each in receiver.all]
        assert ids == [one for each in receiver.taken for one in [each.message["id"]] * 3]


async def test_changes_that_fail_come_again_in_order(api: HttpWorld, receiver: Receiver) -> None:
    receiver.answer = lambda received: 500 if received.attempt == 1 else 200
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed"), delivering(api):
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 5)
        await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [5])
        assert versions(receiver, dashboard.id) == [1, 2, 3, 4, 5]


async def test_who_dies_while_delivering_loses_nothing(api: HttpWorld, receiver: Receiver) -> None:
    """The first deliverer is killed while the receiver holds its request; another goes on."""
    receiver.answer = lambda _: None
    topics = ("dashboard.committed", "dashboard.created")
    ann = await api.person()
    async with webhook(api, receiver.url, *topics):
        async with delivering(api, replace(RULES, lease_seconds=0.3)):
            dashboard = await api.dashboard(ann)
            await edited(ann, dashboard, 2)
            await receiver.until(
                lambda: {each.message["topic"] for each in receiver.all} == {*topics}
            )
        receiver.answer = lambda _: 200
        async with delivering(api):
            await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [2])
            await receiver.until(lambda: bool(created_in(receiver)))
        assert versions(receiver, dashboard.id) == [1, 2]
        assert min(each.attempt for each in created_in(receiver)) > 1, "it was claimed twice"


async def test_two_deliverers_share_the_work_and_keep_the_order(
    api: HttpWorld, receiver: Receiver
) -> None:
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed"), delivering(api), delivering(api):
        boards = [await api.dashboard(ann) for _ in range(4)]
        await asyncio.gather(*(edited(ann, board, 4) for board in boards))
        await receiver.until(
            lambda: all(versions(receiver, board.id)[-1:] == [4] for board in boards)
        )
        for board in boards:
            assert versions(receiver, board.id) == [1, 2, 3, 4]


async def test_a_dead_letter_is_seen_and_delivered_again_when_asked(
    api: HttpWorld, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 410
    ann = await api.person()
    rules = replace(RULES, attempts_max=2)
    topics = ("dashboard.committed", "dashboard.created")
    async with webhook(api, receiver.url, *topics) as made, delivering(api, rules):
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 2)
        dead = await until_dead(api, made.id, {"dashboard.created", 1, 2})
        for letter in dead:
            assert letter.attempts == 2
            assert letter.last_error is not None
            assert letter.last_error.startswith("410")
            assert letter.died_at is not None
        receiver.answer = lambda _: 200
        for letter in dead:
            await api.host.webhooks.redeliver(made.id, letter.id)
        await receiver.until(lambda: set(versions(receiver, dashboard.id)) == {1, 2})
        await receiver.until(lambda: bool(created_in(receiver)))
        other = uuid4()
        assert (await refused(api.host.webhooks.redeliver(made.id, 1))).code == "not_found"
        assert (await refused(api.host.webhooks.redeliver(other, dead[0].id))).code == "not_found"


async def test_ten_that_hang_hold_up_nobody_else(api: HttpWorld, receiver: Receiver) -> None:
    """Each has had all its places filled before the good one is made."""
    rules = replace(RULES, timeout_seconds=60)
    ann = await api.person()
    async with AsyncExitStack() as stack:
        hanging = await stack.enter_async_context(Receiver())
        hanging.answer = lambda _: None
        for _ in range(10):
            await stack.enter_async_context(webhook(api, hanging.url, COMMITTED))
        deliverer = await stack.enter_async_context(delivering(api, rules))
        boards = [await api.dashboard(ann) for _ in range(places_each(10) + 2)]
        await asyncio.gather(*(edited(ann, board, 1) for board in boards))
        await hanging.until(lambda: len(hanging.all) == 10 * places_each(10))
        await stack.enter_async_context(webhook(api, receiver.url, COMMITTED))
        await asyncio.gather(*(edited(ann, board, 2) for board in boards))
        await receiver.until(
            lambda: all(versions(receiver, each.id)[-1:] == [3] for each in boards)
        )
        assert hanging.taken == []
        assert deliverer.failed == 0, "none had to time out for it"


async def test_who_hangs_is_waited_for_and_not_asked_after_again_and_again(
    api: HttpWorld, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dashboards that wait for a place are looked at when there is one."""
    receiver.answer = lambda _: None
    asked: list[int] = []
    claim = api.stores.outbox.claim_changes

    async def counted(dashboard_ids: Sequence[UUID], *arguments: Any) -> Any:
        asked.append(len(dashboard_ids))
        return await claim(dashboard_ids, *arguments)

    monkeypatch.setattr(api.stores.outbox, "claim_changes", counted)
    rules = replace(RULES, timeout_seconds=60, sweep_seconds=3_600)
    ann = await api.person()
    boards = [await api.dashboard(ann) for _ in range(WEBHOOK_AT_ONCE_EACH_MAX + 2)]
    async with webhook(api, receiver.url, COMMITTED):
        await asyncio.gather(*(edited(ann, board, 1) for board in boards))
        async with delivering(api, rules):
            await receiver.until(lambda: len(receiver.all) == WEBHOOK_AT_ONCE_EACH_MAX)
            turns = len(asked)
            await asyncio.sleep(10 * rules.look_seconds)  # so many turns, if nothing is asked
            assert len(asked) == turns
