"""Old partitions go, and nobody who opens, catches up or verifies can tell."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from cluster.verify_command import verify_dashboards
from storage.generator import Generator, Size
from storage.ports import Checkpoint, DashboardCommit
from storage.postgres_audit import PostgresAudit
from storage.postgres_connection import connect as connect_one
from storage.postgres_generator import fill
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from storage.postgres_queries import PostgresQueries
from storage.postgres_retention import ADVISORY_KEY, PostgresRetention
from storage.query_ports import AuditEntry, AuditFilter
from storage.retention import Retention, Retired, beginning_of_month
from storage.rows import empty_state
from tests.storage.making import Place, commit_of, state_with, submission, until
from weft.errors import WeftError

pytestmark = pytest.mark.store

NOW = datetime.now(UTC)
KEEP_ONE = Retention(log_months=1)


def month(ago: int) -> datetime:
    return beginning_of_month(NOW, ago)


def partition(ago: int, table: str = "operations") -> str:
    return f"{table}_{month(ago):%Y_%m}"


@pytest.fixture(scope="module")
async def database_url(postgres_url: str, postgres_stores: PostgresStores) -> str:
    """A database of its own, for partitions are of the whole table."""
    await postgres_stores.pool.execute("CREATE DATABASE retention")
    return postgres_url.replace("/postgres?", "/retention?")


@pytest.fixture
async def url(database_url: str) -> str:
    """The same database, made anew for each test."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    await migrate(database_url)
    return database_url


@pytest.fixture
async def stores(url: str) -> AsyncIterator[PostgresStores]:
    opened = await connect(url)
    yield opened
    await opened.close()


@pytest.fixture
async def place(stores: PostgresStores) -> Place:
    return Place(
        stores.log, stores.accounts, await stores.accounts.create_user("a@example.org", "a")
    )


@pytest.fixture
def retention(stores: PostgresStores) -> PostgresRetention:
    return PostgresRetention(stores.pool)


async def attached(stores: PostgresStores, table: str = "operations") -> list[str]:
    rows = await stores.pool.fetch(
        "SELECT inhrelid::REGCLASS::TEXT AS name FROM pg_inherits "
        "WHERE inhparent = $1::TEXT::REGCLASS ORDER BY name",
        table,
    )
    return [row["name"] for row in rows]


async def edited(place: Place, *months_ago: int, checkpoint_at: int | None) -> UUID:
    """A dashboard with one version in each of these months, and a checkpoint there."""
    opened = await place.opened()
    ones = [
        submission(version, at_ms=int(month(ago).timestamp() * 1000) + version)
        for version, ago in enumerate(months_ago, 1)
    ]
    assert await place.log.commit([commit_of(opened, *ones)])
    if checkpoint_at is not None:
        checkpoint = Checkpoint(opened.dashboard_id, checkpoint_at, state_with({}))
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    return opened.dashboard_id


async def start_of(stores: PostgresStores, dashboard_id: UUID) -> int:
    query = "SELECT log_start_version FROM dashboards WHERE id = $1"
    return await stores.pool.fetchval(query, dashboard_id)


async def test_months_that_came_without_a_partition_get_theirs(place, stores, retention):
    await edited(place, 5, 5, 3, 0, checkpoint_at=None)
    assert await stores.pool.fetchval("SELECT count(*) FROM operations_default") == 3
    assert await retention.make_partitions() == [partition(5), partition(3)]
    assert await retention.make_partitions() == []
    assert await stores.pool.fetchval("SELECT count(*) FROM operations_default") == 0
    assert await stores.pool.fetchval(f"SELECT count(*) FROM {partition(5)}") == 2


async def test_partitions_of_the_log_and_of_the_trail_are_made_ahead(retention):
    made = await retention.make_partitions(5)
    assert made == [
        partition(-ago, table) for table in ("operations", "audit_logs") for ago in (4, 5)
    ]


async def test_a_month_that_checkpoints_cover_goes_and_can_be_archived(place, stores, retention):
    dashboard_id = await edited(place, 4, 3, 3, 0, checkpoint_at=3)
    await retention.make_partitions()
    retired = await retention.retire(KEEP_ONE)
    assert retired == Retired(gone=[partition(4), partition(3)])
    assert not {partition(4), partition(3)} & set(await attached(stores))
    assert await stores.pool.fetchval(f"SELECT count(*) FROM {partition(3)}") == 2
    assert await start_of(stores, dashboard_id) == 3
    assert await stores.log.checkpoints(dashboard_id) == (3,)
    again = await stores.log.open_dashboard(dashboard_id)
    assert again is not None
    assert (again.checkpoint.version, [one.version for one in again.tail]) == (3, [4])
    assert await retention.retire(KEEP_ONE) == Retired()


async def test_a_policy_that_drops_leaves_no_table(place, stores, retention):
    await edited(place, 3, checkpoint_at=1)
    await retention.make_partitions()
    assert (await retention.retire(Retention(log_months=1, drops=True))).gone == [partition(3)]
    assert await stores.pool.fetchval("SELECT to_regclass($1)", partition(3)) is None


async def test_what_the_policy_keeps_stays(place, stores, retention):
    await edited(place, 3, 2, 1, 0, checkpoint_at=4)
    await retention.make_partitions()
    before = await attached(stores)
    assert await retention.retire(Retention()) == Retired()
    assert await retention.retire(Retention(log_months=3)) == Retired()
    assert await attached(stores) == before
    assert (await retention.retire(Retention(log_months=2))).gone == [partition(3)]
    assert (await retention.retire(Retention(log_months=0))).gone == [partition(2), partition(1)]


async def test_one_dashboard_without_a_checkpoint_there_holds_the_month(place, stores, retention):
    """And the checkpoint that its owner writes when it is opened lets it go."""
    covered = await edited(place, 3, 3, checkpoint_at=2)
    behind = await edited(place, 3, 3, 0, checkpoint_at=1)
    await retention.make_partitions()
    assert await retention.retire(KEEP_ONE) == Retired(held={partition(3): (behind,)})
    assert partition(3) in await attached(stores)
    assert [await start_of(stores, each) for each in (covered, behind)] == [0, 0]
    assert await stores.log.checkpoints(behind) == (0, 1)
    opened = await stores.log.open_dashboard(behind)
    assert opened is not None
    checkpoint = Checkpoint(behind, opened.version, state_with({}))
    assert await stores.log.write_checkpoint(checkpoint, opened.epoch)
    assert (await retention.retire(KEEP_ONE)).gone == [partition(3)]
    assert [await start_of(stores, each) for each in (covered, behind)] == [2, 3]


async def test_a_month_that_is_held_does_not_hold_the_next(place, retention):
    await edited(place, 4, checkpoint_at=None)
    await edited(place, 3, checkpoint_at=1)
    await retention.make_partitions()
    retired = await retention.retire(KEEP_ONE)
    assert (retired.gone, list(retired.held)) == ([partition(3)], [partition(4)])


async def test_versions_out_of_the_order_of_time_are_not_lost(place, stores, retention):
    """Clocks of owners differ: a later version may lie in an earlier month."""
    dashboard_id = await edited(place, 2, 3, 1, 0, checkpoint_at=None)
    for version in (1, 3):
        checkpoint = Checkpoint(dashboard_id, version, state_with({}))
        assert await stores.log.write_checkpoint(checkpoint, 1)
    await retention.make_partitions()
    assert (await retention.retire(Retention(log_months=2))).gone == [partition(3)]
    assert await start_of(stores, dashboard_id) == 3, "version 2 is gone, so 1 leads nowhere"
    assert await stores.log.checkpoints(dashboard_id) == (3,)


async def test_a_deleted_dashboard_holds_nothing(place, stores, retention):
    dashboard_id = await edited(place, 3, checkpoint_at=None)
    await retention.make_partitions()
    await stores.pool.execute("DELETE FROM dashboards WHERE id = $1", dashboard_id)
    assert (await retention.retire(KEEP_ONE)).gone == [partition(3)]


async def test_a_checkpoint_that_somebody_has_marked_is_kept(place, stores, retention):
    dashboard_id = await edited(place, 3, 3, checkpoint_at=2)
    await stores.pool.execute(
        "UPDATE checkpoints SET is_major = true WHERE dashboard_id = $1 AND version = 0",
        dashboard_id,
    )
    await retention.make_partitions()
    assert (await retention.retire(KEEP_ONE)).gone == [partition(3)]
    kept = await stores.log.read_checkpoint(dashboard_id, 0)
    assert kept == Checkpoint(dashboard_id, 0, empty_state("Sales"))
    assert await stores.log.checkpoints(dashboard_id) == (2,), (
        "but the log does not lead on from it"
    )


async def test_catching_up_from_before_is_told_to_begin_with_a_snapshot(place, stores, retention):
    dashboard_id = await edited(place, 3, 3, 0, checkpoint_at=2)
    await retention.make_partitions()
    await retention.retire(KEEP_ONE)
    queries = PostgresQueries(stores.pool)
    for version in (0, 1):
        with pytest.raises(WeftError) as raised:
            await queries.operations_since(dashboard_id, version)
        assert (raised.value.code, raised.value.details) == ("conflict", {"startVersion": 2})
    page = await queries.operations_since(dashboard_id, 2)
    assert page is not None
    assert [one.version for one in page.submissions] == [3]


async def test_what_was_cut_short_is_finished_the_next_time(place, stores, retention, monkeypatch):
    dashboard_id = await edited(place, 3, 3, 0, checkpoint_at=2)
    await retention.make_partitions()

    async def crash(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_let_go", crash)
        with pytest.raises(WeftError):
            await retention.retire(KEEP_ONE)
    assert partition(3) in await attached(stores)
    assert await start_of(stores, dashboard_id) == 2
    assert (await stores.log.open_dashboard(dashboard_id)).checkpoint.version == 2
    assert (await retention.retire(KEEP_ONE)).gone == [partition(3)]


async def test_who_commits_into_the_month_at_the_last_moment_keeps_it(
    place, stores, retention, monkeypatch
):
    """An owner whose clock is wrong by months: no promise of law 2 is broken even then."""
    dashboard_id = await edited(place, 3, checkpoint_at=1)
    await retention.make_partitions()
    begin_later = retention._begin_later

    async def then_commit(*arguments):
        held = await begin_later(*arguments)
        late = submission(2, at_ms=int(month(3).timestamp() * 1000) + 2)
        assert await stores.log.commit([DashboardCommit(dashboard_id, 1, 1, (late,))])
        return held

    monkeypatch.setattr(retention, "_begin_later", then_commit)
    assert await retention.retire(KEEP_ONE) == Retired(held={partition(3): (dashboard_id,)})
    read = await stores.log.submissions_between(dashboard_id, 1, 2)
    assert [one.version for one in read] == [2]


async def test_one_process_at_a_time_retires(url: str, place, retention):
    await edited(place, 3, checkpoint_at=1)
    await retention.make_partitions()
    other = await asyncpg.connect(url)
    await other.execute("SELECT pg_advisory_lock($1)", ADVISORY_KEY)
    assert await retention.retire(KEEP_ONE) == Retired()
    await other.close()
    assert (await retention.retire(KEEP_ONE)).gone == [partition(3)]


async def test_a_long_reader_delays_retention_and_not_the_commits(
    url: str, place, stores, retention, monkeypatch
):
    monkeypatch.setattr("storage.postgres_retention.RETENTION_LOCK_ATTEMPTS", 1)
    await edited(place, 3, checkpoint_at=1)
    await retention.make_partitions()
    opened = await place.opened()
    reader = await asyncpg.connect(url)
    report = reader.transaction()
    await report.start()
    await reader.fetch("SELECT count(*) FROM operations")
    retiring = asyncio.create_task(retention.retire(KEEP_ONE))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    await until(lambda: reader.fetchval(waiting))
    assert await stores.log.commit([commit_of(opened)]) == {opened.dashboard_id}
    assert (await retiring).busy == [partition(3)]
    await report.rollback()
    await reader.close()
    assert (await retention.retire(KEEP_ONE)).gone == [partition(3)]


async def test_the_trail_keeps_its_own_months(stores, retention):
    audit, entity_id = PostgresAudit(stores.pool), uuid4()
    for ago in (30, 2, 0):
        await audit.record(AuditEntry("a", "test", entity_id))
        await stores.pool.execute(
            "UPDATE audit_logs SET created_at = $1 WHERE created_at = "
            "(SELECT max(created_at) FROM audit_logs)",
            month(ago),
        )
    assert await retention.make_partitions() == [
        partition(30, "audit_logs"),
        partition(2, "audit_logs"),
    ]
    retired = await retention.retire(Retention(trail_months=24))
    assert retired == Retired(gone=[partition(30, "audit_logs")])
    page = await audit.entries(AuditFilter(entity_id=entity_id))
    assert [log.created_at for log in page.items] == [month(0), month(2)]


async def test_law4_a_whole_product_verifies_before_and_after(url: str, stores, retention):
    since = NOW - timedelta(days=150)
    size = Size(users=20, dashboards=12, collaborators=60, operations=1_500, checkpoint_every=20)
    connection = await connect_one(url)
    await fill(connection, Generator(size, random.Random(7), since, NOW), since, lambda *_: None)
    await connection.close()
    ids = await stores.log.dashboard_ids()

    async def verified() -> tuple[list[object], int]:
        found = await verify_dashboards(stores.log, ids)
        differences = [each.difference for _, each in found if each.difference is not None]
        return differences, sum(each.submissions for _, each in found)

    assert await verified() == ([], 1_500)
    retired = await retention.retire(Retention(log_months=2))
    assert len(retired.gone) >= 2
    assert (retired.held, retired.busy) == ({}, [])
    differences, replayed = await verified()
    assert differences == []
    assert 0 < replayed < 1_000
    for dashboard_id in ids:
        opened = await stores.log.open_dashboard(dashboard_id)
        assert opened is not None
        assert len(opened.tail) == opened.version - opened.checkpoint.version


@pytest.mark.parametrize("reading", ["checkpoints", "submissions_between"])
async def test_law4_verifying_while_the_months_go_finds_no_difference(
    url: str, stores, retention, monkeypatch, reading: str
):
    """Just after verify has read where to begin, or just before it reads on from there."""
    since = NOW - timedelta(days=100)
    size = Size(users=5, dashboards=2, collaborators=4, operations=200, checkpoint_every=20)
    connection = await connect_one(url)
    await fill(connection, Generator(size, random.Random(8), since, NOW), since, lambda *_: None)
    await connection.close()
    read, retired = getattr(stores.log, reading), []

    async def read_while_it_goes(*arguments):
        if reading == "submissions_between":
            retired.append(await retention.retire(KEEP_ONE))
            return await read(*arguments)
        found = await read(*arguments)
        retired.append(await retention.retire(KEEP_ONE))
        return found

    monkeypatch.setattr(stores.log, reading, read_while_it_goes)
    found = await verify_dashboards(stores.log, await stores.log.dashboard_ids())
    assert [each.difference for _, each in found] == [None, None]
    assert partition(3) in retired[0].gone
