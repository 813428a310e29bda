"""The group commit where PostgreSQL itself is slow, killed, locked or badly configured."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from storage import postgres_commit
from storage.ports import CommitAmbiguous, Head, OpenedDashboard
from storage.postgres_connection import prepare
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from storage.postgres_statements import statements
from tests.storage.making import Place, commit_of, until
from weft.errors import WeftError

pytestmark = pytest.mark.store

COMMITTING = """
SELECT pid FROM pg_stat_activity
WHERE query LIKE '%WITH wanted AS%' AND wait_event_type = $1 AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def stores(postgres_url: str) -> AsyncIterator[PostgresStores]:
    """Of this test alone, for it loses their connections."""
    opened = await connect(postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
async def place(stores: PostgresStores, postgres_stores: PostgresStores) -> Place:
    name = str(uuid4())
    user_id = await postgres_stores.accounts.create_user(f"{name}@example.org", name)
    return Place(stores.log, stores.accounts, user_id)


@pytest.fixture
async def other(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection."""
    connection = await asyncpg.connect(postgres_url)
    await prepare(connection)
    yield connection
    await connection.close()


async def lock(
    other: asyncpg.Connection, opened: OpenedDashboard
) -> asyncpg.transaction.Transaction:
    transaction = other.transaction()
    await transaction.start()
    await other.execute("SELECT FROM dashboards WHERE id = $1 FOR UPDATE", opened.dashboard_id)
    return transaction


async def waiting_backend(pool: asyncpg.Pool, wait_event_type: str) -> int:
    await until(lambda: pool.fetchval(COMMITTING, wait_event_type))
    return await pool.fetchval(COMMITTING, wait_event_type)


@pytest.mark.parametrize("setting", ["off", "local", "remote_write"])
async def test_law2_a_database_that_does_not_wait_for_the_disk_is_refused(
    postgres_url: str, postgres_stores: PostgresStores, setting: str
):
    await postgres_stores.pool.execute(
        f"CREATE ROLE hasty_{setting} LOGIN SUPERUSER;"
        f"ALTER ROLE hasty_{setting} SET synchronous_commit TO {setting}"
    )
    with pytest.raises(WeftError) as raised:
        await connect(postgres_url.replace("postgres@", f"hasty_{setting}@"))
    assert raised.value.code == "misconfigured"
    assert setting in raised.value.message


async def test_law2_the_connection_that_commits_waits_for_the_disk(place: Place):
    await place.log.commit([commit_of(await place.opened())])
    connection = place.log._commit._connection
    assert await connection.fetchval("SHOW synchronous_commit") == "on"


@pytest.mark.parametrize("outcome", ["commit", "rollback"])
async def test_settling_waits_for_the_commit_under_way(place: Place, other, outcome: str):
    opened = await place.opened()
    transaction = other.transaction()
    await transaction.start()
    arguments = postgres_commit.arguments([commit_of(opened)])
    assert await other.fetch(statements("log")["group_commit"], *arguments)
    settling = asyncio.create_task(place.log.settle(opened.dashboard_id, opened.epoch))

    async def waits() -> bool:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IS NOT NULL"
        return await other.fetchval(query) > 0

    await until(waits)
    assert not settling.done()
    await getattr(transaction, outcome)()
    assert await settling == Head(1 if outcome == "commit" else 0, opened.epoch + 1)


async def test_a_backend_killed_while_committing_leaves_an_ambiguous_commit(place, stores, other):
    opened = await place.opened()
    transaction = await lock(other, opened)
    committing = asyncio.create_task(place.log.commit([commit_of(opened)]))
    pid = await waiting_backend(stores.pool, "Lock")
    await stores.pool.execute("SELECT pg_terminate_backend($1)", pid)
    with pytest.raises(CommitAmbiguous):
        await committing
    await transaction.rollback()
    head = await place.log.settle(opened.dashboard_id, opened.epoch)
    assert head == Head(0, opened.epoch + 1)
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert await place.log.commit([commit_of(again)]) == {opened.dashboard_id}


async def test_a_commit_that_takes_too_long_is_ambiguous_and_the_next_goes_on(
    place, other, monkeypatch
):
    monkeypatch.setattr(postgres_commit, "COMMIT_TIMEOUT_SECONDS", 0.05)
    slow, quick = await place.opened(), await place.opened()
    transaction = await lock(other, slow)
    with pytest.raises(CommitAmbiguous):
        await place.log.commit([commit_of(slow)])
    monkeypatch.undo()
    assert await place.log.commit([commit_of(quick)]) == {quick.dashboard_id}
    await transaction.rollback()
    head = await place.log.settle(slow.dashboard_id, slow.epoch)
    assert head is not None
    logged = await place.log.submissions_between(slow.dashboard_id, 0, 9)
    assert head == Head(len(logged), slow.epoch + 1), "it may have happened; now it is certain"


async def test_law10_a_row_that_somebody_locks_holds_only_its_own_dashboard(
    place, other, monkeypatch
):
    impatient = {**postgres_commit.SETTINGS, "lock_timeout": "20ms"}
    monkeypatch.setattr(postgres_commit, "SETTINGS", impatient)
    locked, free = await place.opened(), await place.opened()
    transaction = await lock(other, locked)
    with pytest.raises(CommitAmbiguous):
        await place.log.commit([commit_of(locked), commit_of(free)])
    head = await place.log.settle(free.dashboard_id, free.epoch)
    assert head == Head(0, free.epoch + 1), "nothing of it has happened"
    again = await place.log.open_dashboard(free.dashboard_id)
    assert await place.log.commit([commit_of(again)]) == {free.dashboard_id}
    await transaction.rollback()


async def test_a_cancelled_commit_does_not_disturb_the_next(place, stores, other):
    opened = await place.opened()
    transaction = await lock(other, opened)
    committing = asyncio.create_task(place.log.commit([commit_of(opened)]))
    await waiting_backend(stores.pool, "Lock")
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await transaction.rollback()
    again = await place.log.open_dashboard(opened.dashboard_id)
    if again.version == 0:
        assert await place.log.commit([commit_of(again)]) == {opened.dashboard_id}
    assert await place.log.head(opened.dashboard_id) == Head(1, again.epoch)


async def test_a_connection_lost_between_commits_is_made_again(place, stores):
    opened = await place.opened()
    await place.log.commit([commit_of(opened)])
    connection = place.log._commit._connection
    pid = connection.get_server_pid()
    await stores.pool.execute("SELECT pg_terminate_backend($1)", pid)

    async def noticed() -> bool:
        return connection.is_closed()

    await until(noticed)
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert await place.log.commit([commit_of(again)]) == {opened.dashboard_id}


async def test_a_checkpoint_does_not_wait_for_commits_nor_they_for_it_until_its_end(
    place, stores, other
):
    """The locks that inserting a checkpoint takes let the fence move."""
    opened = await place.opened()
    transaction = other.transaction()
    await transaction.start()
    insert = statements("checkpoints")["insert_checkpoint"]
    await other.execute(insert, opened.dashboard_id, 7, {}, 0)
    assert await place.log.commit([commit_of(opened)]) == {opened.dashboard_id}
    await transaction.rollback()


async def test_law2_who_is_refused_a_new_connection_meets_an_outage_and_goes_on_after_it(
    postgres_url: str, postgres_stores: PostgresStores
):
    """A database that was renamed; a password that was changed is refused in the same way."""
    admin = postgres_stores.pool
    await admin.execute("CREATE DATABASE here")
    url = postgres_url.replace("/postgres?", "/here?")
    await migrate(url)
    stores = await connect(url)
    user_id = await stores.accounts.create_user("a@example.org", "a")
    place = Place(stores.log, stores.accounts, user_id)
    opened = await place.opened()
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'here'"
    await admin.execute(ends)
    await admin.execute("ALTER DATABASE here RENAME TO elsewhere")
    for refused in (place.log.commit([commit_of(opened)]), place.log.head(opened.dashboard_id)):
        with pytest.raises(WeftError) as caught:
            await refused
        assert caught.value.code == "storage_unavailable"
    with pytest.raises(WeftError, match=r"database .* does not exist") as caught:
        await connect(url)
    assert caught.value.code == "misconfigured", "who begins with it is told what is wrong"
    await admin.execute("ALTER DATABASE elsewhere RENAME TO here")
    assert await place.log.commit([commit_of(opened)]) == {opened.dashboard_id}
    await stores.close()
