"""What every `OperationLog` keeps, in memory and in PostgreSQL."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from storage.ports import Checkpoint, DashboardCommit, Head
from storage.rows import empty_state
from tests.storage.making import AT_MS, INSERT, Place, commit_of, submission
from weft.limits import EPOCH_STEP_SHUT_OUT


async def test_a_fresh_dashboard_opens_at_version_0_with_a_checkpoint_there(place: Place):
    dashboard_id = await place.fresh_dashboard()
    opened = await place.log.open_dashboard(dashboard_id)
    assert opened is not None
    assert (opened.version, opened.epoch, opened.tail) == (0, 1, ())
    assert opened.checkpoint == Checkpoint(dashboard_id, 0, empty_state("Sales"))
    assert await place.log.checkpoints(dashboard_id) == (0,)


async def test_an_unknown_dashboard_is_none_everywhere(place: Place):
    log, unknown = place.log, uuid4()
    assert await log.open_dashboard(unknown) is None
    assert await log.head(unknown) is None
    assert await log.settle(unknown, 1) is None
    assert await log.read_rows(unknown) is None
    assert await log.read_checkpoint(unknown, 0) is None
    assert await log.replica_mark(unknown, uuid4()) is None
    assert await log.find_submission(unknown, uuid4(), 1) is None
    assert await log.checkpoints(unknown) == ()
    assert await log.submissions_between(unknown, 0, 9) == ()
    assert await log.commit([DashboardCommit(unknown, 0, 1, (submission(1),))]) == set()
    assert await log.write_checkpoint(Checkpoint(unknown, 0, empty_state("x")), 1) is False
    assert unknown not in await log.dashboard_ids()


async def test_law1_versions_follow_each_other_without_a_gap(place: Place):
    opened = await place.opened()
    commits = [
        DashboardCommit(opened.dashboard_id, at, 1, tuple(submission(n) for n in (at + 1, at + 2)))
        for at in (0, 2, 4)
    ]
    for commit in commits:
        assert await place.log.commit([commit]) == {opened.dashboard_id}
    log = await place.log.submissions_between(opened.dashboard_id, 0, 100)
    assert [one.version for one in log] == [1, 2, 3, 4, 5, 6]
    assert await place.log.head(opened.dashboard_id) == Head(6, 1)


async def test_law1_a_commit_with_a_gap_in_its_versions_does_not_happen(place: Place):
    opened = await place.opened()
    assert await place.log.commit([commit_of(opened, submission(1), submission(3))]) == set()
    assert await place.log.head(opened.dashboard_id) == Head(0, 1)


async def test_law1_a_version_that_is_taken_cannot_be_taken_again(place: Place):
    opened = await place.opened()
    assert await place.log.commit([commit_of(opened)]) == {opened.dashboard_id}
    assert await place.log.commit([commit_of(opened)]) == set()
    assert len(await place.log.submissions_between(opened.dashboard_id, 0, 9)) == 1


async def test_what_was_committed_is_read_back_exactly(place: Place):
    edits = (
        {**INSERT, "value": 'ä 👋 " \\u0000 \\ \n', "attributes": {"bold": None}},
        {"type": "update", "path": ["settings", ""], "value": [1e17, 1e300, 0.1, -(2**53 - 1)]},
        {"type": "noop", "reason": "target_removed"},
    )
    opened = await place.opened()
    one = submission(1, operations=edits, sequence=2**53 - 1, base_version=0)
    await place.log.commit([commit_of(opened, one)])
    (read,) = await place.log.submissions_between(opened.dashboard_id, 0, 1)
    assert read == one
    assert read.at_ms == AT_MS
    assert type(read.operations[1]["value"][0]) is float
    assert type(read.user_id) is UUID, "any JSON encoder takes it"
    assert await place.log.find_submission(opened.dashboard_id, one.replica_id, 2**53 - 1) == one
    assert await place.log.find_submission(opened.dashboard_id, one.replica_id, 1) is None


async def test_a_stored_submission_cannot_be_changed_through_what_was_given(place: Place):
    edit = {"type": "update", "path": ["settings"], "value": {"theme": "dark"}}
    opened = await place.opened()
    await place.log.commit([commit_of(opened, submission(1, operations=(edit,)))])
    edit["value"]["theme"] = "changed by the caller"
    (read,) = await place.log.submissions_between(opened.dashboard_id, 0, 1)
    read.operations[0]["value"]["theme"] = "changed by a reader"
    (again,) = await place.log.submissions_between(opened.dashboard_id, 0, 1)
    assert again.operations[0]["value"] == {"theme": "dark"}


async def test_the_log_is_read_in_pages(place: Place):
    opened = await place.opened()
    await place.log.commit([commit_of(opened, *map(submission, range(1, 8)))])

    async def page(after: int, up_to: int) -> list[int]:
        read = await place.log.submissions_between(opened.dashboard_id, after, up_to)
        return [one.version for one in read]

    assert await page(0, 3) == [1, 2, 3]
    assert await page(3, 6) == [4, 5, 6]
    assert await page(6, 9) == [7]
    assert await page(7, 9) == await page(5, 5) == await page(5, 2) == []


async def test_law5_an_owner_that_another_has_followed_cannot_commit(place: Place):
    first = await place.opened()
    second = await place.log.open_dashboard(first.dashboard_id)
    assert second is not None
    assert second.epoch == first.epoch + 1
    assert await place.log.commit([commit_of(first)]) == set()
    assert await place.log.commit([commit_of(second)]) == {first.dashboard_id}
    assert await place.log.head(first.dashboard_id) == Head(1, second.epoch)


async def test_law5_of_two_owners_that_commit_at_once_only_the_newer_does(place: Place):
    old = [await place.opened() for _ in range(8)]
    new = [await place.log.open_dashboard(each.dashboard_id) for each in old]
    stale, live = await asyncio.gather(
        place.log.commit([commit_of(each) for each in old]),
        place.log.commit([commit_of(each) for each in new if each]),
    )
    assert stale == set()
    assert live == {each.dashboard_id for each in old}


async def test_law5_a_stale_owner_cannot_write_a_checkpoint(place: Place):
    first = await place.opened()
    await place.log.open_dashboard(first.dashboard_id)
    stale = Checkpoint(first.dashboard_id, 0, empty_state("stale"))
    assert await place.log.write_checkpoint(stale, first.epoch) is False
    rows = await place.log.read_rows(first.dashboard_id)
    assert rows is not None
    assert rows.state["title"] == "Sales"


async def test_law10_in_one_group_the_fenced_do_not_hold_back_the_others(place: Place):
    good, stale, missing = await place.opened(), await place.opened(), await place.opened()
    await place.log.open_dashboard(stale.dashboard_id)
    gone = replace(commit_of(missing), dashboard_id=uuid4())
    committed = await place.log.commit([commit_of(stale), commit_of(good), gone])
    assert committed == {good.dashboard_id}
    assert await place.log.submissions_between(stale.dashboard_id, 0, 9) == ()


@pytest.mark.parametrize(
    "operations",
    [
        ({**INSERT, "value": "NUL \x00"},),
        ({**INSERT, "value": "lone \ud800"},),
        ({**INSERT, "value": 2**70},),
        ({**INSERT, "targetId": "no uuid"},),
        ({**INSERT, "type": "t" * 51},),
        ({"path": []},),
    ],
    ids=["nul", "surrogate", "integer", "target", "type", "no type"],
)
async def test_law10_what_cannot_be_stored_stays_with_its_dashboard(place: Place, operations):
    """The edge lets none of this through; were it to fail, the neighbours still commit."""
    good, bad = await place.opened(), await place.opened()
    poison = commit_of(bad, submission(1), submission(2, operations=operations))
    assert await place.log.commit([poison, commit_of(good)]) == {good.dashboard_id}
    assert await place.log.head(bad.dashboard_id) == Head(0, bad.epoch)
    assert await place.log.submissions_between(bad.dashboard_id, 0, 9) == ()
    assert await place.log.commit([commit_of(bad)]) == {bad.dashboard_id}


async def test_settling_tells_the_head_and_fences_what_was_under_way(place: Place):
    opened = await place.opened()
    await place.log.commit([commit_of(opened)])
    settled = await place.log.settle(opened.dashboard_id, opened.epoch)
    assert settled == Head(1, opened.epoch + 1)
    late = DashboardCommit(opened.dashboard_id, 1, opened.epoch, (submission(2),))
    assert await place.log.commit([late]) == set()
    assert await place.log.commit([replace(late, epoch=settled.epoch)]) == {opened.dashboard_id}


async def test_law6_who_is_shut_out_commits_no_more_and_sees_that_nobody_has_opened_it(
    place: Place,
):
    opened = await place.opened()
    shut = await place.log.shut_out(opened.dashboard_id, opened.epoch)
    assert shut == Head(0, opened.epoch + EPOCH_STEP_SHUT_OUT)
    assert await place.log.commit([commit_of(opened)]) == set()
    assert await place.log.shut_out(opened.dashboard_id, opened.epoch) is None
    newer = await place.log.open_dashboard(opened.dashboard_id)
    assert newer is not None
    assert newer.epoch == shut.epoch + 1
    assert await place.log.commit([commit_of(newer)]) == {opened.dashboard_id}


async def test_settling_after_another_owner_has_opened_tells_none(place: Place):
    opened = await place.opened()
    newer = await place.log.open_dashboard(opened.dashboard_id)
    assert newer is not None
    assert await place.log.settle(opened.dashboard_id, opened.epoch) is None
    assert await place.log.head(opened.dashboard_id) == Head(0, newer.epoch)


async def test_an_empty_commit_asks_only_for_the_fence(place: Place):
    opened = await place.opened()
    empty = DashboardCommit(opened.dashboard_id, 0, opened.epoch, ())
    assert await place.log.commit([empty]) == {opened.dashboard_id}
    assert await place.log.commit([]) == set()
    assert await place.log.head(opened.dashboard_id) == Head(0, opened.epoch)


async def test_dashboards_are_listed(place: Place):
    made = {await place.fresh_dashboard() for _ in range(3)}
    listed = await place.log.dashboard_ids()
    assert made <= set(listed)
    assert list(listed) == sorted(listed)


async def test_the_heads_of_many_are_read_at_once(place: Place) -> None:
    one, other = await place.opened(), await place.opened()
    await place.log.commit([commit_of(one)])
    heads = await place.log.heads([one.dashboard_id, other.dashboard_id, uuid4()])
    assert heads == {
        one.dashboard_id: Head(1, one.epoch),
        other.dashboard_id: Head(0, other.epoch),
    }
    assert await place.log.heads([]) == {}
