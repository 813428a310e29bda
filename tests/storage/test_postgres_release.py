"""The schema changes under the release before, which goes on writing and notices nothing.

`release_1/` holds that release's statements as they were; they are never brought up to date.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from storage.ports import DashboardCommit
from storage.postgres_commit import SETTINGS, arguments
from storage.postgres_connection import Connection
from storage.postgres_connection import connect as connect_one
from storage.postgres_migrations import migrate, migrations, pending
from storage.postgres_pool import PostgresStores, connect
from storage.postgres_statements import named
from storage.rows import empty_state
from tests.storage.making import submission, until

pytestmark = pytest.mark.store

FIRST_RELEASE = 4  # migrations
TEXTS = sorted((Path(__file__).parent / "release_1").glob("*.sql"))
OLD = {name: sql for text in TEXTS for name, sql in named(text.read_text()).items()}


@pytest.fixture
async def url(postgres_url: str, postgres_stores: PostgresStores) -> str:
    """A database as the first release has made it."""
    name = f"release_{uuid4().hex}"
    await postgres_stores.pool.execute(f"CREATE DATABASE {name}")
    url = postgres_url.replace("/postgres?", f"/{name}?")
    await migrate(url, migrations()[:FIRST_RELEASE])
    return url


class OldOwner:
    """An owner of the first release: commits, checkpoints, looks sessions up, one after the other,
    until told to stop. Whatever PostgreSQL refuses ends it with that error.
    """

    def __init__(self, connection: Connection, user_id: UUID, dashboard_ids: list[UUID]) -> None:
        self.connection = connection
        self.user_id = user_id
        self.versions = dict.fromkeys(dashboard_ids, 0)
        self.rounds = 0
        self.stopping = False

    @classmethod
    async def start(cls, url: str, dashboards: int) -> "OldOwner":
        connection = await connect_one(url, SETTINGS)
        name = str(uuid4())
        user_id = await connection.fetchval(OLD["create_user"], name, name, None)
        await connection.fetchval(OLD["create_session"], user_id, name, 3600.0)
        ids = [
            await connection.fetchval(
                OLD["create_dashboard"], None, user_id, "Old", empty_state("Old")
            )
            for _ in range(dashboards)
        ]
        for dashboard_id in ids:
            await connection.fetchrow(OLD["raise_epoch"], dashboard_id)
        return cls(connection, user_id, ids)

    async def run(self) -> None:
        while not self.stopping:
            await self._commit()
            await self._checkpoint(list(self.versions)[self.rounds % len(self.versions)])
            self.rounds += 1

    async def _commit(self) -> None:
        commits = [
            DashboardCommit(dashboard_id, version, 1, (submission(version + 1),))
            for dashboard_id, version in sorted(self.versions.items())
        ]
        committed = await self.connection.fetch(OLD["group_commit"], *arguments(commits))
        assert {row["id"] for row in committed} == set(self.versions)
        self.versions = {id_: version + 1 for id_, version in self.versions.items()}

    async def _checkpoint(self, dashboard_id: UUID) -> None:
        version, state = self.versions[dashboard_id], empty_state("Old")
        await self._run("insert_checkpoint", dashboard_id, version, state, 1)
        await self._run("remove_widgets", dashboard_id, version)
        await self._run("write_widgets", dashboard_id, version)
        fields = (state["title"], state["description"], state["settings"], state["layout"])
        assert await self._run("write_dashboard", dashboard_id, version, 1, *fields)
        assert await self._run("submissions_between", dashboard_id, 0, version)
        assert await self._run("read_rows", dashboard_id)
        assert await self._run("role_of", dashboard_id, self.user_id)

    async def _run(self, name: str, *values: Any) -> list[asyncpg.Record]:
        return await self.connection.fetch(OLD[name], *values)


@pytest.fixture
async def owners(url: str) -> AsyncIterator[list[OldOwner]]:
    started = [await OldOwner.start(url, 5) for _ in range(2)]
    yield started
    for owner in started:
        await owner.connection.close()


async def reaches(owners: list[OldOwner], rounds: int, running: asyncio.Task[Any]) -> None:
    """Until each has come so far, or one has failed."""

    async def there() -> bool:
        return running.done() or all(owner.rounds >= rounds for owner in owners)

    await until(there)
    assert not running.done(), running.exception()


async def stop(owners: list[OldOwner], running: asyncio.Task[Any]) -> None:
    for owner in owners:
        owner.stopping = True
    await running


async def everything_is_there(url: str, owners: list[OldOwner]) -> None:
    """The new release reads what the old one has written, to the last version."""
    stores = await connect(url)
    for owner in owners:
        for dashboard_id, version in owner.versions.items():
            opened = await stores.log.open_dashboard(dashboard_id)
            assert opened is not None
            assert opened.version == version
            log = await stores.log.submissions_between(dashboard_id, 0, version)
            assert [one.version for one in log] == list(range(1, version + 1))
            assert await stores.accounts.role_of(dashboard_id, owner.user_id) == "owner"
    await stores.close()


async def test_law1_the_release_before_goes_on_writing_while_the_schema_changes(url, owners):
    running = asyncio.ensure_future(asyncio.gather(*(owner.run() for owner in owners)))
    await reaches(owners, 5, running)
    assert len(await migrate(url)) == len(migrations()) - FIRST_RELEASE
    await reaches(owners, max(owner.rounds for owner in owners) + 5, running)
    await stop(owners, running)
    assert await pending(url) == ()
    await everything_is_there(url, owners)


async def test_a_migration_that_has_to_wait_lets_the_commits_through(url, owners):
    """A report holds the tables. Who waits for it in line would make every commit wait as well."""
    report = await asyncpg.connect(url)
    reading = report.transaction()
    await reading.start()
    await report.fetch("SELECT count(*) FROM dashboards")
    running = asyncio.ensure_future(asyncio.gather(*(owner.run() for owner in owners)))
    await reaches(owners, 1, running)
    migrating = asyncio.create_task(migrate(url))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    await until(lambda: report.fetchval(waiting))
    await reaches(owners, max(owner.rounds for owner in owners) + 5, running)
    assert not migrating.done()
    await reading.rollback()
    assert await migrating
    await stop(owners, running)
    await report.close()
    await everything_is_there(url, owners)


async def test_every_statement_of_the_release_before_is_still_understood(url: str):
    await migrate(url)
    connection = await asyncpg.connect(url)
    assert len(OLD) > 20
    for sql in OLD.values():
        await connection.prepare(sql)
    await connection.close()
