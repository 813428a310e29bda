"""What every `Webhooks` and `Outbox` keep, in memory and in PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from storage.delivery_ports import OutboxEvent, WebhookCreate
from storage.postgres_outbox import record_event
from tests.storage.posting import SHARED, Post, numbers
from weft.errors import WeftError


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


async def test_no_more_are_given_than_there_is_room_for_the_oldest_first(post: Post):
    await post.webhook()
    for number in range(3):
        await post.outbox.record(SHARED, {"number": number}, uuid4())
    assert await post.claim(places=0) == []
    assert numbers(await post.claim(places=2)) == [0, 1]
    assert numbers(await post.claim(places=2)) == [2]


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
    assert again.id not in {each.id for each in await post.dead()}
    await post.outbox.delivered(again)
    await post.outbox.failed(again, "later still", 0.0)
    assert await post.claim() == []


async def test_a_dead_letter_lets_its_lane_go_on_is_seen_and_can_be_revived(post: Post):
    await post.webhook()
    dashboard_id = uuid4()
    for number in range(2):
        await post.outbox.record(SHARED, {"number": number}, dashboard_id)
    (event,) = await post.claim()
    await post.outbox.failed(event, "no such host\0\ud800" + "x" * 2_000, None)
    (letter,) = await post.dead()
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
    assert await post.dead() == []


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


async def test_what_one_webhook_has_waiting_takes_no_room_from_another(post: Post):
    full, free = await post.webhook(), await post.webhook()
    for number in range(3):
        await post.outbox.record(SHARED, {"number": number}, uuid4())
    events = await post.outbox.claim_events({full.id: 0, free.id: 2}, 60.0)
    assert [(event.webhook_id, event.payload["number"]) for event in events] == [
        (free.id, 0),
        (free.id, 1),
    ]
    rest = await post.claim()
    assert numbers([event for event in rest if event.webhook_id == full.id]) == [0, 1, 2]


async def test_dead_letters_are_paged_newest_first(post: Post):
    await post.webhook()
    for number in range(5):
        await post.outbox.record(SHARED, {"number": number}, uuid4())
    for event in await post.claim():
        await post.outbox.failed(event, "gone", None)
    for limit in (1, 2, 200):
        assert numbers(await post.dead(limit)) == [4, 3, 2, 1, 0]


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
    assert await post.dead() == []


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


# --- PostgreSQL alone ---------------------------------------------------------------------------


@pytest.mark.store
async def test_what_a_transaction_tells_goes_with_it(real_post: Post, postgres_stores):
    await real_post.webhook()
    dashboard_id = uuid4()
    async with postgres_stores.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await record_event(connection, SHARED, {"number": 0}, dashboard_id)
        await transaction.rollback()
        async with connection.transaction():
            await record_event(connection, SHARED, {"number": 1}, dashboard_id)
            assert await real_post.claim() == [], "not before it is committed"
    assert numbers(await real_post.claim()) == [1]


@pytest.mark.store
async def test_of_many_who_claim_at_once_each_event_goes_to_one(real_post: Post):
    await real_post.webhook()
    for number in range(40):
        await real_post.outbox.record(SHARED, {"number": number}, uuid4())
    claims = await asyncio.gather(*(real_post.claim() for _ in range(8)))
    assert sorted(number for claim in claims for number in numbers(claim)) == list(range(40))
