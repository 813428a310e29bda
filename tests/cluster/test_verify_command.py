"""How `weft verify` reads: page by page, a checkpoint and its rows together, up to the head."""

from uuid import UUID, uuid4

import pytest

from cluster import verify_command
from cluster.verify_command import verify_dashboards
from storage.memory_accounts import MemoryAccounts
from storage.memory_log import MemoryLog
from storage.ports import Checkpoint, DashboardCommit, LoggedSubmission
from weft.errors import WeftError
from weft.ot import Document, apply, operation_from_json

REPLICA, USER = uuid4(), uuid4()


class BusyLog(MemoryLog):
    """A log whose owner commits and checkpoints while it is read."""

    async def checkpoints(self, dashboard_id: UUID) -> tuple[int, ...]:
        await retitle(self, dashboard_id, 1, checkpoint=True)
        versions = await super().checkpoints(dashboard_id)
        await retitle(self, dashboard_id, 1, checkpoint=True)
        return versions


async def a_dashboard(log: MemoryLog) -> UUID:
    accounts = MemoryAccounts(log.tables)
    user = await accounts.create_user("ann@example.org", "ann")
    return await accounts.create_dashboard(user, "title 0")


async def retitle(log: MemoryLog, dashboard_id: UUID, times: int, checkpoint: bool = False) -> None:
    opened = await log.open_dashboard(dashboard_id)
    assert opened is not None
    version = opened.version
    document = Document.from_json(opened.checkpoint.state)
    for _ in range(times):
        version += 1
        operation = {"type": "update", "path": ["title"], "value": f"title {version}"}
        submission = LoggedSubmission(
            version, REPLICA, version, USER, version - 1, (operation,), bytes(16), 0
        )
        commit = DashboardCommit(dashboard_id, version - 1, opened.epoch, (submission,))
        assert await log.commit([commit]) == {dashboard_id}
        document = apply(document, [operation_from_json(operation)])
    if checkpoint:
        written = Checkpoint(dashboard_id, version, document.to_json())
        assert await log.write_checkpoint(written, opened.epoch)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_command, "TAIL_MAX_VERSIONS", 3)


async def test_law4_a_log_of_many_pages_and_checkpoints_is_replayed_to_its_head() -> None:
    log = MemoryLog()
    dashboard_id = await a_dashboard(log)
    for times in (4, 1, 7):
        await retitle(log, dashboard_id, times, checkpoint=True)
    await retitle(log, dashboard_id, 5)
    [(found, verification)] = await verify_dashboards(log, [dashboard_id])
    assert found == dashboard_id
    assert verification.difference is None
    assert (verification.version, verification.checkpoints) == (17, 4)


async def test_law4_a_falsified_checkpoint_is_found_beyond_the_first_page() -> None:
    log = MemoryLog()
    dashboard_id = await a_dashboard(log)
    await retitle(log, dashboard_id, 7, checkpoint=True)
    table = log.tables.dashboards[dashboard_id]
    state, count = table.checkpoints[7]
    table.checkpoints[7] = (state.replace(b"title 7", b"title 8"), count)
    [(_, verification)] = await verify_dashboards(log, [dashboard_id])
    assert verification.difference is not None
    assert verification.difference.where == "/title@6"


async def test_law4_what_is_committed_while_verifying_is_no_difference() -> None:
    log = BusyLog()
    dashboard_id = await a_dashboard(log)
    [(_, verification)] = await verify_dashboards(log, [dashboard_id])
    assert verification.difference is None
    assert (verification.version, verification.checkpoints) == (2, 2)


async def test_an_unknown_dashboard_is_said_to_be_unknown() -> None:
    with pytest.raises(WeftError) as caught:
        await verify_dashboards(MemoryLog(), [uuid4()])
    assert caught.value.code == "unknown_dashboard"
