"""What every `Webhooks` and `Outbox` keep, in memory and in PostgreSQL.

Other tests leave events of their own in the shared database: each test looks at its webhooks only.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from storage.delivery_ports import (
    COMMITTED,
    ChangesDue,
    Outbox,
    OutboxEvent,
    Webhook,
    WebhookCreate,
    Webhooks,
)
from storage.memory_accounts import MemoryAccounts
from storage.memory_deliveries import MemoryDeliveries
from storage.memory_log import MemoryLog
from storage.ports import DashboardCommit
from storage.postgres_outbox import PostgresOutbox, record_event
from storage.postgres_pool import PostgresStores
from storage.postgres_webhooks import PostgresWebhooks
from tests.storage.conftest import BOTH_STORES
from tests.storage.making import Place, commit_of, submission
from weft.errors import WeftError

SHARED = "collaborator.invited"


@dataclass
class Post:
    """The stores under test, and what was made here."""

    place: Place
    hooks: Webhooks
    outbox: Outbox
    made: list[Webhook] = field(default_factory=list)

    async def webhook(self, *topics: str) -> Webhook:
        """Not of all topics unless asked: to make a dashboard is an event as well."""
        asked = topics or (SHARED, COMMITTED)
        create = WebhookCreate("https://example.org/hook", "s3cret", asked)
        self.made.append(await self.hooks.create_webhook(create))
        return self.made[-1]

    async def claim(self, lease_seconds: float = 60.0) -> list[OutboxEvent]:
        """Those of the webhooks made here."""
        mine = {webhook.id for webhook in self.made}
        claimed = await self.outbox.claim_events(10_000, lease_seconds)
        return [event for event in claimed if event.webhook_id in mine]

    async def changes(self, *dashboard_ids: UUID, lease_seconds: float = 60.0) -> list[ChangesDue]:
        mine = {webhook.id for webhook in self.made}
        claimed = await self.outbox.claim_changes(dashboard_ids, lease_seconds)
        return [due for due in claimed if due.webhook_id in mine]

    async def committed(self, versions: int) -> UUID:
        """A dashboard with so many versions."""
        opened = await self.place.opened()
        if versions:
            every = map(submission, range(1, versions + 1))
            await self.place.log.commit([commit_of(opened, *every)])
        return opened.dashboard_id

    async def commit(self, dashboard_id: UUID, version: int) -> None:
        commit = DashboardCommit(dashboard_id, version - 1, 1, (submission(version),))
        assert await self.place.log.commit([commit]) == {dashboard_id}


@pytest.fixture(params=BOTH_STORES)
def stores_and_deliveries(request: pytest.FixtureRequest):
    if request.param == "memory":
        log = MemoryLog()
        deliveries = MemoryDeliveries(log.tables)
        return log, MemoryAccounts(log.tables), deliveries, deliveries
    return real_ones(request.getfixturevalue("postgres_stores"))


def real_ones(stores: PostgresStores):
    return stores.log, stores.accounts, PostgresWebhooks(stores.pool), PostgresOutbox(stores.pool)


async def posted(log, accounts, hooks, outbox) -> AsyncIterator[Post]:
    name = str(uuid4())
    place = Place(log, accounts, await accounts.create_user(f"{name}@example.org", name))
    post = Post(place, hooks, outbox)
    yield post
    for webhook in post.made:
        await post.hooks.delete_webhook(webhook.id)


@pytest.fixture
async def post(stores_and_deliveries) -> AsyncIterator[Post]:
    async for post in posted(*stores_and_deliveries):
        yield post


@pytest.fixture
async def real(postgres_stores: PostgresStores) -> AsyncIterator[Post]:
    async for post in posted(*real_ones(postgres_stores)):
        yield post


def numbers(events: list[OutboxEvent]) -> list[int]:
    return [event.payload["number"] for event in events]


async def test_a_webhook_is_read_back_exactly(post: Post):
    one, two = await post.webhook("a", "b"), await post.webhook()
    known = [webhook for webhook in await post.hooks.webhooks() if webhook.id in (one.id, two.id)]
    assert known == [one, two]
    assert (one.topics, one.is_active, one.secret) == (("a", "b"), True, "s3cret")
    assert await post.hooks.delete_webhook(one.id) is True
    assert await post.hooks.delete_webhook(one.id) is False
    assert one not in await post.hooks.webhooks()
    assert await post.hooks.webhook(one.id) is None
    assert await post.hooks.webhook(two.id) == two


async def test_an_event_goes_to_each_webhook_that_asks_for_its_topic_under_one_id(post: Post):
    named, everything, other = (
        await post.webhook(SHARED, "x"),
        await post.webhook("*"),
        await post.webhook("session.ended"),
    )
    dashboard_id = uuid4()
    await post.outbox.record(SHARED, {"who": "grüß 👋", "n": [1, None]}, dashboard_id)
    events = await post.claim()
    assert {event.webhook_id for event in events} == {named.id, everything.id}
    assert other.id not in {event.webhook_id for event in events}
    assert len({event.event_id for event in events}) == 1
    for event in events:
        assert (event.topic, event.dashboard_id, event.attempts) == (SHARED, dashboard_id, 1)
        assert event.payload == {"who": "grüß 👋", "n": [1, None]}


async def test_within_a_lane_events_are_given_one_by_one_and_in_order(post: Post):
    await post.webhook()
    dashboard_id = uuid4()
    for number in range(3):
        await post.outbox.record(SHARED, {"number": number}, dashboard_id)
    for number in range(3):
        claimed = await post.claim()
        assert numbers(claimed) == [number]
        assert await post.claim() == [], "what is claimed holds its lane"
        await post.outbox.delivered(claimed[0])
    assert await post.claim() == []


async def test_lanes_do_not_wait_for_each_other(post: Post):
    await post.webhook()
    one, two = uuid4(), uuid4()
    for number, dashboard_id in enumerate((one, one, two, None, None)):
        await post.outbox.record(SHARED, {"number": number}, dashboard_id)
    first = await post.claim()
    assert numbers(first) == [0, 2, 3]
    await post.outbox.failed(first[0], "down", 3600.0)
    await post.outbox.delivered(first[1])
    await post.outbox.delivered(first[2])
    assert numbers(await post.claim()) == [4]


async def test_no_more_are_given_than_asked_for_the_oldest_first(post: Post):
    await post.webhook()
    for number in range(3):
        await post.outbox.record(SHARED, {"number": number}, uuid4())
    assert numbers(list(await post.outbox.claim_events(2))) == [0, 1]
    assert numbers(list(await post.outbox.claim_events(2))) == [2]


async def test_what_failed_comes_again_with_its_attempts_counted(post: Post):
    await post.webhook()
    await post.outbox.record(SHARED, {"number": 0}, uuid4())
    for attempt in (1, 2, 3):
        (event,) = await post.claim()
        assert event.attempts == attempt
        await post.outbox.failed(event, "503", 0.0)
    (event,) = await post.claim()
    assert event.last_error == "503"


async def test_who_crashed_while_delivering_loses_its_claim_and_its_say(post: Post):
    await post.webhook()
    await post.outbox.record(SHARED, {"number": 0}, uuid4())
    (crashed,) = await post.claim(lease_seconds=0.0)
    (again,) = await post.claim()
    assert (again.id, again.event_id, again.attempts) == (crashed.id, crashed.event_id, 2)
    await post.outbox.failed(crashed, "late", None)
    assert again.id not in {each.id for each in await dead(post)}
    await post.outbox.delivered(again)
    await post.outbox.failed(again, "later still", 0.0)
    assert await post.claim() == []


async def dead(post: Post, limit: int = 200) -> list[OutboxEvent]:
    mine, found, after = {webhook.id for webhook in post.made}, [], None
    while True:
        page = await post.outbox.dead_letters(after=after, limit=limit)
        found += [event for event in page.items if event.webhook_id in mine]
        if page.next_cursor is None:
            return found
        after = page.next_cursor


async def test_a_dead_letter_lets_its_lane_go_on_is_seen_and_can_be_revived(post: Post):
    await post.webhook()
    dashboard_id = uuid4()
    for number in range(2):
        await post.outbox.record(SHARED, {"number": number}, dashboard_id)
    (event,) = await post.claim()
    await post.outbox.failed(event, "no such host\0\ud800" + "x" * 2_000, None)
    (letter,) = await dead(post)
    assert letter.id == event.id
    assert letter.died_at is not None
    assert letter.last_error is not None
    assert letter.last_error.startswith("no such host")
    assert len(letter.last_error) == 1_000
    (following,) = await post.claim()
    assert following.payload == {"number": 1}
    await post.outbox.delivered(following)
    assert await post.outbox.revive(event.id) is True
    assert await post.outbox.revive(event.id) is False
    assert numbers(await post.claim()) == [0]
    assert await dead(post) == []


async def test_the_deliveries_of_one_webhook_are_paged_whatever_became_of_them(post: Post):
    one, other = await post.webhook(), await post.webhook()
    for number in range(3):
        await post.outbox.record(SHARED, {"number": number}, uuid4())
    claimed = [event for event in await post.claim() if event.webhook_id == one.id]
    await post.outbox.delivered(claimed[0])
    await post.outbox.failed(claimed[1], "gone", None)
    found: list[OutboxEvent] = []
    after = None
    while True:
        page = await post.outbox.deliveries(one.id, after=after, limit=2)
        found += page.items
        if (after := page.next_cursor) is None:
            break
    assert numbers(found) == [2, 1, 0]
    assert [each.died_at is None for each in found] == [True, False, True]
    assert [each.delivered_at is None for each in found] == [True, True, False]
    assert await post.outbox.revive(found[1].id, other.id) is False
    assert await post.outbox.revive(found[1].id, one.id) is True
    again = [event for event in await post.claim() if event.webhook_id == one.id]
    assert [(event.id, event.attempts) for event in again] == [(found[1].id, 1)]


async def test_webhooks_that_have_enough_to_do_are_given_no_more(post: Post):
    busy, free = await post.webhook(), await post.webhook()
    dashboard_id = await post.committed(1)
    await post.outbox.record(SHARED, {"number": 0}, dashboard_id)
    mine = {busy.id, free.id}
    events = await post.outbox.claim_events(10_000, 60.0, [busy.id])
    assert {event.webhook_id for event in events} & mine == {free.id}
    changes = await post.outbox.claim_changes([dashboard_id], 60.0, [busy.id])
    assert {due.webhook_id for due in changes} & mine == {free.id}
    assert {event.webhook_id for event in await post.claim()} == {busy.id}
    assert {due.webhook_id for due in await post.changes(dashboard_id)} == {busy.id}


async def test_dead_letters_are_paged_newest_first(post: Post):
    await post.webhook()
    for number in range(5):
        await post.outbox.record(SHARED, {"number": number}, uuid4())
    for event in await post.claim():
        await post.outbox.failed(event, "gone", None)
    for limit in (1, 2, 200):
        assert numbers(await dead(post, limit)) == [4, 3, 2, 1, 0]


async def test_an_inactive_webhook_is_sent_nothing_and_nothing_is_kept_for_it(post: Post):
    webhook = await post.webhook()
    dashboard_id = await post.committed(2)
    await post.outbox.record(SHARED, {"number": 0}, dashboard_id)
    assert await post.hooks.set_webhook_active(webhook.id, is_active=False) is True
    await post.outbox.record(SHARED, {"number": 1}, dashboard_id)
    assert await post.claim() == []
    assert await post.changes(dashboard_id) == []
    assert await post.hooks.set_webhook_active(webhook.id, is_active=True) is True
    assert await post.claim() == []
    assert await post.changes(dashboard_id) == []
    await post.outbox.record(SHARED, {"number": 2}, dashboard_id)
    await post.commit(dashboard_id, 3)
    assert numbers(await post.claim()) == [2]
    ((due,),) = [await post.changes(dashboard_id)]
    assert (due.after_version, due.head_version) == (2, 3)
    assert await post.hooks.set_webhook_active(uuid4(), is_active=True) is False


async def test_setting_what_is_set_already_loses_nothing(post: Post):
    webhook, dashboard_id = await post.webhook(), await post.committed(1)
    await post.outbox.record(SHARED, {"number": 0}, dashboard_id)
    await post.hooks.set_webhook_active(webhook.id, is_active=True)
    assert numbers(await post.claim()) == [0]
    assert len(await post.changes(dashboard_id)) == 1


async def test_what_was_delivered_is_forgotten_after_a_while(post: Post):
    await post.webhook()
    await post.outbox.record(SHARED, {"number": 0}, uuid4())
    await post.outbox.record(SHARED, {"number": 1}, uuid4())
    event, _ = await post.claim()
    await post.outbox.delivered(event)
    assert await post.outbox.purge_delivered(3600.0) == 0
    assert await post.outbox.purge_delivered(-1.0) >= 1
    await post.outbox.failed(event, "known no more", None)
    assert await dead(post) == []


@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("t" * 101, {}, "limit_exceeded"),
        ("\0", {}, "unstorable_text"),
        ("t", {"title": "\0"}, "unstorable_text"),
    ],
)
async def test_law7_an_event_that_no_row_can_hold_is_refused(post: Post, topic, payload, code):
    with pytest.raises(WeftError) as raised:
        await post.outbox.record(topic, payload)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("url", "secret", "topics"),
    [("u" * 501, "s", ("*",)), ("u", "s" * 256, ("*",)), ("u", "s", ()), ("u", "s", ("*",) * 51)],
)
async def test_law7_a_webhook_that_no_row_can_hold_is_refused(post: Post, url, secret, topics):
    with pytest.raises(WeftError) as raised:
        await post.hooks.create_webhook(WebhookCreate(url, secret, topics))
    assert raised.value.code == "limit_exceeded"


# --- committed changes: the log is the outbox --------------------------------------------------


async def test_a_webhook_begins_with_what_is_committed_from_then_on(post: Post):
    before, empty = await post.committed(3), await post.committed(0)
    webhook = await post.webhook("dashboard.committed")
    after = await post.committed(2)
    assert await post.changes(before, empty) == []
    await post.commit(before, 4)
    await post.commit(empty, 1)
    due = await post.changes(before, empty, after)
    assert {(each.dashboard_id, each.after_version, each.head_version) for each in due} == {
        (before, 3, 4),
        (empty, 0, 1),
        (after, 0, 2),
    }
    assert {each.webhook_id for each in due} == {webhook.id}


async def test_changes_are_claimed_once_and_follow_each_other_in_order(post: Post):
    await post.webhook()
    dashboard_id = await post.committed(5)
    (due,) = await post.changes(dashboard_id)
    assert await post.changes(dashboard_id) == []
    await post.outbox.changes_delivered(due, 3)
    (rest,) = await post.changes(dashboard_id)
    assert (rest.after_version, rest.head_version, rest.attempts) == (3, 5, 1)
    await post.outbox.changes_delivered(rest, 5)
    assert await post.changes(dashboard_id) == []
    await post.commit(dashboard_id, 6)
    (due,) = await post.changes(dashboard_id)
    assert (due.after_version, due.head_version) == (5, 6)


async def test_changes_that_failed_come_again_and_at_last_become_a_dead_letter(post: Post):
    webhook = await post.webhook()
    dashboard_id = await post.committed(4)
    (due,) = await post.changes(dashboard_id)
    await post.outbox.changes_failed(due, "503", 3600.0)
    assert await post.changes(dashboard_id) == []
    other = await post.committed(2)
    (due,) = await post.changes(other)
    await post.outbox.changes_failed(due, "503", 0.0)
    (again,) = await post.changes(other)
    assert (again.after_version, again.attempts) == (0, 2)
    await post.outbox.changes_failed(due, "told late", None)
    assert await dead(post) == []
    await post.outbox.changes_failed(again, "410 Gone", None)
    (letter,) = await dead(post)
    assert (letter.topic, letter.dashboard_id) == ("dashboard.committed", other)
    assert letter.payload == {"fromVersion": 1, "toVersion": 2}
    assert (letter.webhook_id, letter.attempts, letter.last_error) == (webhook.id, 2, "410 Gone")
    assert await post.changes(other) == []
    await post.commit(other, 3)
    assert [each.after_version for each in await post.changes(other)] == [2]


async def test_who_crashed_with_changes_loses_its_claim(post: Post):
    await post.webhook()
    dashboard_id = await post.committed(1)
    (crashed,) = await post.changes(dashboard_id, lease_seconds=0.0)
    (again,) = await post.changes(dashboard_id)
    assert again.attempts == crashed.attempts + 1
    await post.outbox.changes_delivered(crashed, 1)
    assert await post.changes(dashboard_id) == [], "delivered is delivered, whoever tells"


async def test_a_webhook_that_does_not_ask_for_changes_has_none(post: Post):
    await post.webhook(SHARED)
    assert await post.changes(await post.committed(1)) == []


async def test_a_sweep_finds_what_nobody_told_of(post: Post):
    await post.webhook()
    known = {await post.committed(1) for _ in range(5)}

    async def sweep() -> list[UUID]:
        found, after = [], None
        while page := await post.outbox.dashboards_behind(after, 2):
            found += page
            after = page[-1]
        return found

    found = await sweep()
    assert known <= set(found)
    assert found == sorted(set(found))
    for due in await post.changes(*known):
        await post.outbox.changes_delivered(due, 1)
    assert not known & set(await sweep())


# --- PostgreSQL alone ---------------------------------------------------------------------------


@pytest.mark.store
async def test_what_a_transaction_tells_goes_with_it(real: Post, postgres_stores):
    await real.webhook()
    dashboard_id = uuid4()
    async with postgres_stores.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await record_event(connection, SHARED, {"number": 0}, dashboard_id)
        await transaction.rollback()
        async with connection.transaction():
            await record_event(connection, SHARED, {"number": 1}, dashboard_id)
            assert await real.claim() == [], "not before it is committed"
    assert numbers(await real.claim()) == [1]


@pytest.mark.store
async def test_of_many_who_claim_at_once_each_event_goes_to_one(real: Post):
    await real.webhook()
    for number in range(40):
        await real.outbox.record(SHARED, {"number": number}, uuid4())
    claims = await asyncio.gather(*(real.claim() for _ in range(8)))
    assert sorted(number for claim in claims for number in numbers(claim)) == list(range(40))
