"""What every `OperationLog` says of a log whose beginning retention has taken."""

import pytest

from storage.memory_log import MemoryLog
from storage.ports import Checkpoint, OpenedDashboard
from storage.postgres_log import PostgresLog
from tests.storage.making import Place, commit_of, state_with, submission
from weft.errors import WeftError


async def shortened(place: Place, request: pytest.FixtureRequest) -> OpenedDashboard:
    """Versions 1..6, checkpoints at 0, 2, 4; the log begins at 4."""
    opened = await place.opened()
    await place.log.commit([commit_of(opened, *map(submission, range(1, 7)))])
    for version in (2, 4):
        state = state_with({}, title=f"v{version}")
        await place.log.write_checkpoint(Checkpoint(opened.dashboard_id, version, state), 1)
    if isinstance(place.log, MemoryLog):
        place.log.tables.dashboards[opened.dashboard_id].log_start_version = 4
    elif isinstance(place.log, PostgresLog):
        pool, dashboard_id = request.getfixturevalue("postgres_stores").pool, opened.dashboard_id
        await pool.execute(
            "UPDATE dashboards SET log_start_version = 4 WHERE id = $1", dashboard_id
        )
        await pool.execute(
            "DELETE FROM operations WHERE dashboard_id = $1 AND version <= 3", dashboard_id
        )
    return opened


async def test_what_follows_the_beginning_is_read_as_ever(place: Place, request):
    opened = await shortened(place, request)
    read = await place.log.submissions_between(opened.dashboard_id, 4, 9)
    assert [one.version for one in read] == [5, 6]
    assert await place.log.submissions_between(opened.dashboard_id, 6, 9) == ()


@pytest.mark.parametrize("after", [0, 2, 3])
async def test_who_asks_for_what_lies_before_is_told_where_to_begin(place: Place, request, after):
    opened = await shortened(place, request)
    with pytest.raises(WeftError) as raised:
        await place.log.submissions_between(opened.dashboard_id, after, 6)
    assert raised.value.code == "conflict"
    assert raised.value.details == {"startVersion": 4}
    assert await place.log.submissions_between(opened.dashboard_id, after, after) == ()


async def test_only_checkpoints_that_the_log_leads_on_from_are_listed(place: Place, request):
    opened = await shortened(place, request)
    assert await place.log.checkpoints(opened.dashboard_id) == (4,)


async def test_opening_needs_nothing_of_what_is_gone(place: Place, request):
    opened = await shortened(place, request)
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert again is not None
    assert (again.version, again.checkpoint.version) == (6, 4)
    assert [one.version for one in again.tail] == [5, 6]
