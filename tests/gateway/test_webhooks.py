"""Webhooks end to end: made over HTTP, told to a real receiver by the gateway's own loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.delivery import DeliveryRules, places_each
from gateway.delivery_loop import DeliveryLoop
from gateway.http_delivery import WebhookPoster
from gateway.service import GatewayService
from storage.delivery_ports import COMMITTED
from storage.postgres_pool import PostgresStores
from tests.gateway.http_world import HttpWorld, Person, all_of, problem, refused
from tests.gateway.webhook_receiver import Received, Receiver
from weft.limits import WEBHOOK_AT_ONCE_EACH_MAX
from weft.models import (
    Dashboard,
    DashboardPatch,
    Delivery,
    IssuedWebhook,
    WebhookOrder,
    WebhookPatch,
    parse_network,
)
from weft.wire.http import DashboardOrder
from weft.wire.signature import verify

pytestmark = pytest.mark.store

RULES = DeliveryRules(
    networks=(parse_network("127.0.0.0/8"),),
    retry_first_seconds=0.01,
    retry_max_seconds=0.02,
    look_seconds=0.02,
    sweep_seconds=0.05,
)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
async def no_others(api: HttpWorld) -> None:
    """Webhooks of other tests lead nowhere, and would be tried for every dashboard there is."""
    for other in await all_of(api.host.webhooks.all()):
        await api.host.webhooks.delete(other.id)


@asynccontextmanager
async def delivering(api: HttpWorld, rules: DeliveryRules = RULES) -> AsyncIterator[DeliveryLoop]:
    """A deliverer as of another gateway: nobody tells it of commits, so that it has to look."""
    poster = WebhookPoster(rules)
    loop = DeliveryLoop(api.stores, poster, rules)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await poster.close()


@asynccontextmanager
async def webhook(api: HttpWorld, url: str, *topics: str) -> AsyncIterator[IssuedWebhook]:
    made = await api.host.webhooks.create(WebhookOrder(url=url, topics=topics or ("*",)))
    yield made
    await api.host.webhooks.delete(made.id)


async def edited(person: Person, dashboard: Dashboard, times: int) -> None:
    for number in range(times):
        await person.api.dashboards.change(dashboard.id, titled(f"Sales {number}"))


def titled(title: str) -> DashboardPatch:
    return DashboardPatch(title=title)


def versions(receiver: Receiver, dashboard_id: UUID) -> list[int]:
    return [
        submission["version"]
        for each in receiver.taken
        if each.message.get("dashboardId") == str(dashboard_id)
        and each.message["topic"] == "dashboard.committed"
        for submission in each.message["data"]["submissions"]
    ]


async def test_what_is_committed_comes_signed_in_order_and_whole(
    api: HttpWorld, receiver: Receiver
) -> None:
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed") as made, delivering(api):
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 6)
        await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [6])
        assert versions(receiver, dashboard.id) == [1, 2, 3, 4, 5, 6]
        first = receiver.taken[0]
        verify(made.secret, first.body, first.headers["weft-signature"], time.time())
        assert first.headers["weft-topic"] == "dashboard.committed"
        assert first.headers["weft-id"] == first.message["id"]
        told = first.message["data"]["submissions"][0]
        assert (told["userId"], told["version"]) == (str(ann.id), 1)
        assert told["operations"][0]["value"] == "Sales 0"


async def test_what_retention_took_before_it_was_told_is_passed_over_and_the_rest_is_told(
    api: HttpWorld, receiver: Receiver, postgres_stores: PostgresStores
) -> None:
    """A receiver that was away for months. The log says where it begins, and nothing is dead."""
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed") as made:
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 5)
        pool = postgres_stores.pool
        begin = "UPDATE dashboards SET log_start_version = 3 WHERE id = $1"
        await pool.execute(begin, dashboard.id)
        gone = "DELETE FROM operations WHERE dashboard_id = $1 AND version <= 3"
        await pool.execute(gone, dashboard.id)
        async with delivering(api):
            await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [5])
        assert versions(receiver, dashboard.id) == [4, 5]
        assert await all_of(api.host.webhooks.deliveries(made.id)) == []
    await api.host.dashboards.delete(dashboard.id)  # the verifier would miss its beginning


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


async def test_sharing_and_sessions_are_told_in_order_of_each_dashboard(
    api: HttpWorld, receiver: Receiver
) -> None:
    ann = await api.person()
    topics = ("dashboard.created", "collaborator.added", "collaborator.removed", "session.opened")
    async with webhook(api, receiver.url, *topics), delivering(api):
        dashboard = await api.dashboard(ann)
        bob = await api.member(dashboard, "editor")
        await api.host.collaborators.remove(dashboard.id, bob.id)

        def told() -> list[str]:
            mine = (each.message for each in receiver.taken)
            return [each["topic"] for each in mine if each.get("dashboardId") == str(dashboard.id)]

        await receiver.until(lambda: len(told()) == 3)
        assert told() == ["dashboard.created", "collaborator.added", "collaborator.removed"]
        sessions = [e.message for e in receiver.taken if e.message["topic"] == "session.opened"]
        assert str(bob.id) in {each["data"]["newValues"]["userId"] for each in sessions}
        assert b"token" not in b"".join(each.body for each in receiver.taken)


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
    rules = replace(RULES, lease_seconds=0.3)
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed", "dashboard.created"):
        async with delivering(api, rules):
            dashboard = await api.dashboard(ann)
            await edited(ann, dashboard, 2)
            await receiver.until(lambda: len(receiver.all) >= 2)
        receiver.answer = lambda _: 200
        async with delivering(api, rules):
            await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [2])
            await receiver.until(lambda: bool(created_in(receiver)))
        assert versions(receiver, dashboard.id) == [1, 2]
        assert min(each.attempt for each in created_in(receiver)) == 2, "it was claimed twice"


def created_in(receiver: Receiver) -> list[Received]:
    return [each for each in receiver.taken if each.message["topic"] == "dashboard.created"]


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


async def until_dead(api: HttpWorld, webhook_id: UUID, given_up: set[str | int]) -> list[Delivery]:
    """The dead letters, when all of `given_up` is in them: versions, and topics of the rest."""

    def told(letter: Delivery) -> Iterable[str | int]:
        if letter.topic != "dashboard.committed":
            return [letter.topic]
        return range(letter.data["fromVersion"], letter.data["toVersion"] + 1)

    async with asyncio.timeout(60):
        while True:
            found = await all_of(api.host.webhooks.deliveries(webhook_id))
            dead = [each for each in found if each.state == "dead"]
            if {each for letter in dead for each in told(letter)} == given_up:
                return dead
            await asyncio.sleep(0.02)


async def test_a_gateway_tells_of_what_is_committed_through_it(
    api: HttpWorld, receiver: Receiver
) -> None:
    """Without looking for it: the sweep is an hour away."""
    rules = replace(RULES, sweep_seconds=3_600)
    settings = replace(api.service.settings, gateway_id="gateway-2", deliveries=rules)
    sessions = api.stores.identity.sessions
    service = GatewayService(settings, sessions, api.directory, api.stores)
    await service.start()
    try:
        ann = await api.person()
        through = api.client_of(service, ann.token)
        async with webhook(api, receiver.url, "dashboard.committed", "dashboard.created"):
            dashboard = await through.dashboards.create(DashboardOrder(title="Sales"))
            await receiver.until(lambda: bool(created_in(receiver)))  # so it knows the webhook
            await through.dashboards.change(dashboard.id, titled("Costs"))
            await receiver.until(lambda: versions(receiver, dashboard.id) == [1])
            async with asyncio.timeout(60):  # counted when the answer is back, after it was taken
                while service.status()["webhooksDelivered"] != 2:  # noqa: ASYNC110  (nobody tells us)
                    await asyncio.sleep(0.02)
    finally:
        await service.stop()


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


@pytest.mark.parametrize(
    ("networks", "url", "said"),
    [
        ((), "", "not of the public internet"),
        ((), "http://localhost:1/", "not of the public internet"),
        ((), "http://[::1]:1/", "not of the public internet"),
        ((), "http://0x7f.1:1/", "not of the public internet"),
        (("127.0.0.0/8",), "http://127.0.0.1:1/", "ConnectError"),
        ((), "http://no-such-host.invalid/", "gaierror"),
    ],
)
async def test_law7_a_webhook_that_leads_inside_or_nowhere_is_told_nothing(
    receiver: Receiver, networks: tuple[str, ...], url: str, said: str
) -> None:
    rules = replace(RULES, networks=tuple(map(parse_network, networks)))
    poster = WebhookPoster(rules)
    assert said in (await poster.post(url or receiver.url, {}, b"{}") or "")
    assert receiver.all == []
    await poster.close()


async def test_law7_a_redirect_is_not_followed_and_an_answer_not_awaited_for_ever(
    receiver: Receiver,
) -> None:
    poster = WebhookPoster(replace(RULES, timeout_seconds=0.2))
    receiver.answer = lambda _: 302
    assert (await poster.post(receiver.url, {}, b"{}") or "").startswith("302")
    receiver.answer = lambda _: None
    assert "within 0.2 s" in (await poster.post(receiver.url, {}, b"{}") or "")
    assert len(receiver.all) == 2
    await poster.close()


async def test_they_are_the_host_products_alone_and_leave_a_trail(api: HttpWorld) -> None:
    ann = await api.person()
    order = WebhookOrder(url="https://hook.invalid/a", topics=("user.created",))
    assert (await refused(ann.api.webhooks.create(order))).code == "forbidden"
    made = await api.host.webhooks.create(order)
    shown = await api.host.webhooks.read(made.id)
    assert "secret" not in shown.to_wire()
    assert shown in await all_of(api.host.webhooks.all())
    for attempt in (
        ann.api.webhooks.read(made.id),
        ann.api.webhooks.delete(made.id),
        ann.api.webhooks.redeliver(made.id, 1),
        all_of(ann.api.webhooks.deliveries(made.id)),
    ):
        assert (await refused(attempt)).code == "forbidden"
    paused = await api.host.webhooks.change(made.id, WebhookPatch(is_active=False))
    assert paused.is_active is False
    await api.host.webhooks.change(made.id, WebhookPatch(is_active=False))
    await api.host.webhooks.change(made.id, WebhookPatch(is_active=True))
    await api.host.webhooks.delete(made.id)
    assert (await refused(api.host.webhooks.read(made.id))).code == "not_found"
    trail = await all_of(api.host.audit.entries(entity_id=made.id))
    assert [each.action for each in trail] == [
        "webhook.deleted",
        "webhook.resumed",
        "webhook.paused",
        "webhook.created",
    ]
    assert made.secret not in str(trail)


async def test_law7_an_order_that_is_wrong_is_refused(api: HttpWorld) -> None:
    for wrong in (
        {"url": "ftp://hook.invalid/"},
        {"url": "https://user:password@hook.invalid/"},
        {"url": "https://hook.invalid/", "topics": []},
        {"url": "https://hook.invalid/", "topics": ["no topic"]},
        {"url": "https://hook.invalid/", "secret": "mine"},
    ):
        answer = await api.raw().post("/api/webhooks", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_message")
