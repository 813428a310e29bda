"""What every `OperationLog` keeps of live data: beside the widgets' rows, behind the same fence,
and never in the way of what a replay of the log must give.
"""

from dataclasses import replace
from uuid import UUID, uuid4

from storage.ports import Checkpoint, LiveValue, OpenedDashboard
from tests.storage.making import AT_MS, Place, commit_of, state_with, submission, widget


async def with_widgets(place: Place, *widget_ids: UUID) -> OpenedDashboard:
    """An open dashboard whose newest checkpoint, at version 1, holds these widgets."""
    opened = await place.opened()
    await place.log.commit([commit_of(opened, submission(1))])
    await checkpoint(place, opened, 1, *widget_ids)
    return replace(opened, version=1)


async def checkpoint(
    place: Place, opened: OpenedDashboard, version: int, *widget_ids: UUID
) -> None:
    state = state_with({str(each): widget() for each in widget_ids})
    written = Checkpoint(opened.dashboard_id, version, state)
    assert await place.log.write_checkpoint(written, opened.epoch)


async def kept(place: Place, opened: OpenedDashboard) -> tuple[LiveValue, ...]:
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert again is not None
    return again.live


async def test_the_newest_value_of_each_widget_is_read_with_the_dashboard(place: Place):
    one, two = sorted((uuid4(), uuid4()))
    opened = await with_widgets(place, one, two)
    assert opened.live == ()
    value = {"big": 1e17, "list": [1, [None]], "": {"ops": "no text"}, "word": "👋"}
    told = [LiveValue(two, {"rows": []}, AT_MS), LiveValue(one, {"n": 1}, AT_MS)]
    assert await place.log.write_live(opened.dashboard_id, opened.epoch, told) == {one, two}
    newer = LiveValue(one, value, AT_MS + 20)
    assert await place.log.write_live(opened.dashboard_id, opened.epoch, [newer]) == {one}
    assert await kept(place, opened) == (newer, told[0])


async def test_a_value_that_is_gone_is_kept_no_more(place: Place):
    one = uuid4()
    opened = await with_widgets(place, one)
    for value in ({"n": 1}, None):
        told = [LiveValue(one, value, AT_MS)]
        assert await place.log.write_live(opened.dashboard_id, opened.epoch, told) == {one}
    assert await kept(place, opened) == ()


async def test_a_widget_without_a_row_has_its_value_written_later(place: Place):
    one, later = uuid4(), uuid4()
    opened = await with_widgets(place, one)
    told = [LiveValue(each, {"n": 1}, AT_MS) for each in (one, later)]
    assert await place.log.write_live(opened.dashboard_id, opened.epoch, told) == {one}
    await place.log.commit([commit_of(opened, submission(2))])
    await checkpoint(place, opened, 2, one, later)
    assert await place.log.write_live(opened.dashboard_id, opened.epoch, told) == {one, later}


async def test_law4_neither_rows_nor_checkpoints_nor_log_know_of_live_values(place: Place):
    one = uuid4()
    opened = await with_widgets(place, one)
    before = await place.log.read_rows(opened.dashboard_id)
    told = [LiveValue(one, {"n": 1}, AT_MS)]
    assert await place.log.write_live(opened.dashboard_id, opened.epoch, told)
    assert await place.log.read_rows(opened.dashboard_id) == before
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert again is not None
    assert (again.version, again.tail) == (1, ())


async def test_a_checkpoint_leaves_the_values_of_the_widgets_that_stay(place: Place):
    stays, goes = uuid4(), uuid4()
    opened = await with_widgets(place, stays, goes)
    told = [LiveValue(each, {"n": 1}, AT_MS) for each in (stays, goes)]
    assert await place.log.write_live(opened.dashboard_id, opened.epoch, told)
    await place.log.commit([commit_of(opened, submission(2))])
    await checkpoint(place, opened, 2, stays)
    assert await kept(place, opened) == (told[0],)


async def test_law5_an_owner_that_was_fenced_writes_no_live_value(place: Place):
    one = uuid4()
    stale = await with_widgets(place, one)
    told = [LiveValue(one, {"from": "stale"}, AT_MS)]
    fresh = await place.log.open_dashboard(stale.dashboard_id)
    assert fresh is not None
    assert await place.log.write_live(stale.dashboard_id, stale.epoch, told) is None
    assert await kept(place, stale) == ()
    assert await place.log.write_live(uuid4(), 1, told) is None
