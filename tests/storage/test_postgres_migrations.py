"""The schema is made once, in order, by one process at a time, and is what the code believes."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from storage.postgres_migrations import Migration, migrate, migrations, pending
from storage.postgres_pool import PostgresStores, connect
from weft.errors import WeftError

pytestmark = pytest.mark.store

VERSIONS = tuple(migration.version for migration in migrations())


@pytest.fixture
async def empty_url(postgres_url: str, postgres_stores: PostgresStores) -> str:
    """A database without any table."""
    name = f"empty_{uuid4().hex}"
    await postgres_stores.pool.execute(f"CREATE DATABASE {name}")
    return postgres_url.replace("/postgres?", f"/{name}?")


async def records(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch("SELECT * FROM schema_migrations ORDER BY version")
    finally:
        await connection.close()


async def test_an_empty_database_gets_the_whole_schema_and_its_records(empty_url: str):
    assert await pending(empty_url) == VERSIONS
    assert await migrate(empty_url) == VERSIONS
    assert await pending(empty_url) == ()
    rows = await records(empty_url)
    assert tuple(row["version"] for row in rows) == VERSIONS
    for row, migration in zip(rows, migrations(), strict=True):
        assert row["checksum"] == migration.checksum
        assert row["applied_at"] is not None
        assert row["execution_time_ms"] >= 0
    stores = await connect(empty_url)
    assert await stores.log.dashboard_ids() == ()
    await stores.close()


async def test_migrating_again_does_nothing(empty_url: str):
    await migrate(empty_url)
    before = await records(empty_url)
    assert await migrate(empty_url) == ()
    assert await records(empty_url) == before


async def test_of_many_that_migrate_at_once_one_does(empty_url: str):
    done = await asyncio.gather(*(migrate(empty_url) for _ in range(5)))
    assert sorted(done) == [(), (), (), (), VERSIONS]


async def test_a_file_changed_after_it_was_applied_is_refused(empty_url: str):
    await migrate(empty_url)
    changed = (replace(migrations()[0], sql="SELECT 1"), *migrations()[1:])
    for call in (migrate, pending):
        with pytest.raises(WeftError) as raised:
            await call(empty_url, changed)
        assert raised.value.code == "migration_mismatch"
        assert raised.value.details["version"] == VERSIONS[0]


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty_url: str):
    good = Migration("0001", "CREATE TABLE good (id INTEGER)")
    bad = Migration("0002", "CREATE TABLE bad (id INTEGER); SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_url, (good, bad))
    assert [row["version"] for row in await records(empty_url)] == ["0001"]
    mended = replace(bad, sql="CREATE TABLE bad (id INTEGER)")
    assert await migrate(empty_url, (good, mended)) == ("0002",)


async def test_a_database_that_was_never_migrated_is_told_so(empty_url: str):
    stores = await connect(empty_url)
    with pytest.raises(WeftError) as raised:
        await stores.log.dashboard_ids()
    assert raised.value.code == "migration_mismatch"
    await stores.close()


def test_migrations_are_numbered_without_a_gap():
    numbers = [int(version.partition("_")[0]) for version in VERSIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_migration_opens_with_a_comment():
    assert all(migration.sql.startswith("-- ") for migration in migrations())
