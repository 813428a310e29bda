"""Committed changes: the log is their outbox, in memory and in PostgreSQL."""

from uuid import UUID

from tests.storage.posting import SHARED, Post


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
    assert await post.dead() == []
    await post.outbox.changes_failed(again, "410 Gone", None)
    (letter,) = await post.dead()
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


async def test_of_each_webhook_as_many_dashboards_as_it_has_room_for_in_the_order_named(
    post: Post,
):
    full, free = await post.webhook(), await post.webhook()
    boards = [await post.committed(1) for _ in range(3)]
    named = sorted(boards, reverse=True)
    due = await post.outbox.claim_changes(named, {full.id: 0, free.id: 2}, 60.0)
    assert {(each.webhook_id, each.dashboard_id) for each in due} == {
        (free.id, named[0]),
        (free.id, named[1]),
    }
    (rest,) = await post.outbox.claim_changes(named, {free.id: 2}, 60.0)
    assert rest.dashboard_id == named[2], "what is claimed takes no room"
    assert {each.webhook_id for each in await post.changes(*boards)} == {full.id}
