"""What only a server of one's own can show: crashes, outages, HOT updates, plans."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from storage.embedded_postgres import EmbeddedPostgres
from storage.ports import CommitAmbiguous, DashboardCommit, Head
from storage.postgres_commit import GROUP_COMMIT, SETTINGS
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from tests.storage.making import Place, commit_of, submission
from weft.errors import WeftError

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="weft-test-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres")
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def stores(server: EmbeddedPostgres) -> AsyncIterator[PostgresStores]:
    url = server.start()
    await migrate(url)
    opened = await connect(url)
    yield opened
    await opened.close()


@pytest.fixture
async def place(stores: PostgresStores) -> Place:
    name = str(uuid4())
    return Place(
        stores.log, stores.accounts, await stores.accounts.create_user(f"{name}@example.org", name)
    )


def kill(server: EmbeddedPostgres) -> None:
    """As a power cut does: no process of it lives on, nothing is written out."""
    pid = int((server.directory / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


async def test_law2_what_was_committed_is_there_after_a_crash(place: Place, server):
    opened = await place.opened()
    assert await place.log.commit([commit_of(opened)]) == {opened.dashboard_id}
    kill(server)
    await asyncio.to_thread(server.start)
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert again is not None
    assert [one.version for one in again.tail] == [1]
    assert await place.log.commit([commit_of(again)]) == {opened.dashboard_id}


async def test_an_outage_has_a_code_and_ends_with_it(place: Place, server):
    opened = await place.opened()
    await place.log.commit([commit_of(opened)])
    second = DashboardCommit(opened.dashboard_id, 1, opened.epoch, (submission(2),))
    await asyncio.to_thread(server.stop)
    for call in (
        place.log.head(opened.dashboard_id),
        place.log.open_dashboard(opened.dashboard_id),
        place.accounts.find_session("x"),
        connect(f"postgresql://postgres@/postgres?host={server.directory}"),
    ):
        with pytest.raises(WeftError) as raised:
            await call
        assert raised.value.code == "storage_unavailable"
    with pytest.raises((WeftError, CommitAmbiguous)):  # it may find out only by sending
        await place.log.commit([second])
    with pytest.raises(WeftError) as raised:
        await place.log.commit([second])
    assert raised.value.code == "storage_unavailable"
    server.start()
    assert await place.log.head(opened.dashboard_id) == Head(1, opened.epoch)
    assert await place.log.commit([second]) == {opened.dashboard_id}


async def test_the_fence_moves_by_hot_updates(place: Place, stores: PostgresStores, server):
    """No commit touches an index of `dashboards`, and the page has room for the next version."""
    many = [await place.opened() for _ in range(40)]
    before = await _updates(stores)
    for version in range(25):
        await place.log.commit(
            [
                DashboardCommit(each.dashboard_id, version, each.epoch, (submission(version + 1),))
                for each in many
            ]
        )
    await stores.committer.close()  # a backend that ends hands in its statistics
    updates, hot = (now - then for now, then in zip(await _updates(stores), before, strict=True))
    assert updates >= 1000
    assert hot >= updates * 0.99


async def _updates(stores: PostgresStores) -> tuple[int, int]:
    await stores.pool.execute("SELECT pg_stat_force_next_flush()")
    row = await stores.pool.fetchrow(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'dashboards'"
    )
    assert row is not None
    return row["n_tup_upd"], row["n_tup_hot_upd"]


async def test_the_commit_finds_its_rows_by_their_ids(place: Place, server):
    """Planned while the tables were small, the plan must serve when they have grown."""
    await place.log.commit([commit_of(await place.opened())])
    connection = await asyncpg.connect(server.start(), server_settings=SETTINGS)
    await connection.execute(f"PREPARE group_commit AS {GROUP_COMMIT}")
    lines = await connection.fetch(f"EXPLAIN EXECUTE group_commit ({', '.join(['NULL'] * 15)})")
    await connection.close()
    plan = "\n".join(line[0] for line in lines)
    assert "Index Scan using dashboards_pkey" in plan
    assert "hashed SubPlan" in plan
    assert "Seq Scan" not in plan
