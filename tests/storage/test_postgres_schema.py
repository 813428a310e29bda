"""What the tables keep of themselves: partitions, and what goes when something is deleted."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from storage.ports import Checkpoint
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from storage.postgres_retention import PostgresRetention
from tests.storage.making import Place, commit_of, mark_of, state_with, submission, widget

pytestmark = pytest.mark.store

NOW = datetime.now(UTC)


def month_ahead(months: int) -> datetime:
    years, month = divmod(NOW.month - 1 + months, 12)
    return datetime(NOW.year + years, month + 1, 1, tzinfo=UTC)


def partition_of(moment: datetime) -> str:
    return f"operations_{moment:%Y_%m}"


@pytest.fixture
async def stores(postgres_url: str, postgres_stores: PostgresStores):
    """On a database of its own, for partitions are of the whole table."""
    name = f"schema_{uuid4().hex}"
    await postgres_stores.pool.execute(f"CREATE DATABASE {name}")
    url = postgres_url.replace("/postgres?", f"/{name}?")
    await migrate(url)
    opened = await connect(url)
    yield opened
    await opened.close()


@pytest.fixture
async def place(stores: PostgresStores) -> Place:
    user_id = await stores.accounts.create_user("a@example.org", "a")
    return Place(stores.log, stores.accounts, user_id)


async def committed_at(place: Place, stores: PostgresStores, *moments: datetime) -> list[str]:
    """Commit at these moments; the partitions where the rows lie, in order of versions."""
    opened = await place.opened()
    ones = [
        submission(n, at_ms=int(moment.timestamp() * 1000)) for n, moment in enumerate(moments, 1)
    ]
    assert await place.log.commit([commit_of(opened, *ones)])
    assert await place.log.submissions_between(opened.dashboard_id, 0, 99) == tuple(ones)
    return await partitions(stores, opened.dashboard_id)


async def partitions(stores: PostgresStores, dashboard_id: UUID) -> list[str]:
    rows = await stores.pool.fetch(
        "SELECT tableoid::REGCLASS::TEXT AS name FROM operations WHERE dashboard_id = $1 "
        "ORDER BY version",
        dashboard_id,
    )
    return [row["name"] for row in rows]


async def made_ahead(stores: PostgresStores, months: int) -> list[str]:
    """Those of the log that are new."""
    made = await PostgresRetention(stores.pool).make_partitions(months)
    return [name for name in made if name.startswith("operations_")]


async def test_the_coming_months_have_partitions_from_the_start(place, stores):
    moments = [NOW, month_ahead(1), month_ahead(3)]
    assert await committed_at(place, stores, *moments) == [partition_of(each) for each in moments]


async def test_no_commit_fails_for_want_of_a_partition(place, stores):
    moments = [datetime(2001, 9, 9, tzinfo=UTC), month_ahead(40)]
    assert await committed_at(place, stores, *moments) == ["operations_default"] * 2


async def test_partitions_are_made_ahead_again_and_again(stores):
    made = [partition_of(month_ahead(months)) for months in (4, 5)]
    assert await made_ahead(stores, 5) == made
    assert await made_ahead(stores, 5) == []
    answers = await asyncio.gather(*(made_ahead(stores, 7) for _ in range(4)))
    assert sorted(map(len, answers)) == [0, 0, 0, 2]


async def test_rows_that_came_before_their_partition_move_into_it(place, stores):
    moment = month_ahead(6)
    opened = await place.opened()
    early = submission(1, at_ms=int(moment.timestamp() * 1000))
    await place.log.commit([commit_of(opened, early)])
    assert await partitions(stores, opened.dashboard_id) == ["operations_default"]
    await made_ahead(stores, 6)
    assert await partitions(stores, opened.dashboard_id) == [partition_of(moment)]
    assert await place.log.submissions_between(opened.dashboard_id, 0, 1) == (early,)


async def test_every_partition_has_the_indexes_of_the_log(stores):
    await made_ahead(stores, 5)
    rows = await stores.pool.fetch(
        "SELECT child.relname, array_agg(amname::TEXT ORDER BY amname) AS kinds "
        "FROM pg_inherits JOIN pg_index ON indrelid = inhrelid "
        "JOIN pg_class AS child ON child.oid = inhrelid "
        "JOIN pg_class AS index ON index.oid = indexrelid JOIN pg_am ON pg_am.oid = index.relam "
        "WHERE inhparent = 'operations'::REGCLASS GROUP BY child.relname"
    )
    assert len(rows) == 7
    assert {tuple(row["kinds"]) for row in rows} == {("brin", "btree")}


async def everything_of(stores: PostgresStores, dashboard_id: UUID) -> dict[str, int]:
    tables = ("operations", "checkpoints", "replica_marks", "widgets", "dashboard_collaborators")
    return {
        table: await stores.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE dashboard_id = $1", dashboard_id
        )
        for table in tables
    }


async def edited_by(place: Place, user_id: UUID) -> UUID:
    """A dashboard of `place`'s user with a row in every table, edited and shared by another."""
    opened = await place.opened()
    one = submission(1, user_id=user_id)
    await place.log.commit([commit_of(opened, one)])
    state = state_with({str(uuid4()): widget()})
    checkpoint = Checkpoint(opened.dashboard_id, 1, state, 1, (mark_of(one),))
    assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    await place.accounts.share(opened.dashboard_id, user_id, "editor")
    return opened.dashboard_id


async def test_a_deleted_dashboard_takes_all_that_is_its_own(place, stores):
    guest = await stores.accounts.create_user("b@example.org", "b")
    kept, deleted = await edited_by(place, guest), await edited_by(place, guest)
    before = await everything_of(stores, kept)
    await stores.pool.execute("DELETE FROM dashboards WHERE id = $1", deleted)
    assert set((await everything_of(stores, deleted)).values()) == {0}
    assert await everything_of(stores, kept) == before
    assert min(before.values()) >= 1


async def test_history_outlives_people(place, stores):
    guest = await stores.accounts.create_user("b@example.org", "b")
    dashboard_id = await edited_by(place, guest)
    await stores.pool.execute("UPDATE widgets SET created_by = $1, updated_by = $1", guest)
    await stores.pool.execute("UPDATE checkpoints SET created_by = $1", guest)
    await stores.pool.execute("DELETE FROM users WHERE id = $1", guest)
    (one,) = await place.log.submissions_between(dashboard_id, 0, 1)
    assert one.user_id == guest
    left = await everything_of(stores, dashboard_id)
    assert left == {
        "operations": 1,
        "checkpoints": 2,
        "replica_marks": 1,
        "widgets": 1,
        "dashboard_collaborators": 0,
    }
    assert await stores.pool.fetchval("SELECT created_by FROM widgets") is None


async def test_roles_end_with_a_collaboration_and_begin_with_publication(place, stores):
    guest, stranger = [
        await stores.accounts.create_user(f"{name}@example.org", name) for name in "bc"
    ]
    dashboard_id = await edited_by(place, guest)
    await stores.pool.execute("UPDATE dashboard_collaborators SET is_active = false")
    assert await place.accounts.role_of(dashboard_id, guest) is None
    await stores.pool.execute("UPDATE dashboards SET is_public = true")
    assert await place.accounts.role_of(dashboard_id, stranger) == "viewer"
    assert await place.accounts.role_of(dashboard_id, guest) == "viewer"
    await place.accounts.share(dashboard_id, guest, "admin")
    assert await place.accounts.role_of(dashboard_id, guest) == "admin"


async def test_a_user_who_is_not_active_has_no_session(stores):
    user_id = await stores.accounts.create_user("b@example.org", "b")
    await stores.accounts.create_session(user_id, "hash", 60.0)
    await stores.pool.execute("UPDATE users SET is_active = false WHERE id = $1", user_id)
    assert await stores.accounts.find_session("hash") is None
