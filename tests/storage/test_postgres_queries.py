"""The queries against the plainest reading of the same rows, and against what strangers type.

One file, though a long one: all of it asks the same rows, which are filled in once.
"""

import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.generator import Generator, Size
from storage.ports import Checkpoint
from storage.postgres_connection import connect as connect_one
from storage.postgres_generator import fill
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from storage.postgres_queries import PostgresQueries
from storage.postgres_statements import statements
from storage.query_ports import Page
from tests.storage.making import Place, commit_of, state_with, submission, widget
from weft.errors import WeftError
from weft.models import Permission

pytestmark = pytest.mark.store

SIZE = Size(users=2_000, dashboards=1_500, collaborators=15_000, operations=20_000)
NOW = datetime.now(UTC)
Fetch = Callable[..., Awaitable[Page[Any]]]


@pytest.fixture(scope="module")
async def stores(
    postgres_url: str, postgres_stores: PostgresStores
) -> AsyncIterator[PostgresStores]:
    """A database of its own, with a product in it."""
    await postgres_stores.pool.execute("CREATE DATABASE queries")
    url = postgres_url.replace("/postgres?", "/queries?")
    await migrate(url)
    connection = await connect_one(url)
    since = NOW - timedelta(days=40)
    await fill(connection, Generator(SIZE, random.Random(5), since, NOW), since, lambda *_: None)
    await connection.close()
    opened = await connect(url)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def queries(stores: PostgresStores) -> PostgresQueries:
    return PostgresQueries(stores.pool)


@pytest.fixture
async def place(stores: PostgresStores) -> Place:
    name = str(uuid4())
    return Place(
        stores.log, stores.accounts, await stores.accounts.create_user(f"{name}@example.org", name)
    )


class Everything:
    """All rows, to look through one by one."""

    def __init__(self, tables: dict[str, list[asyncpg.Record]]) -> None:
        self.dashboards = {row["id"]: row for row in tables["dashboards"]}
        self.members: dict[UUID, dict[UUID, asyncpg.Record]] = {id_: {} for id_ in self.dashboards}
        for row in tables["dashboard_collaborators"]:
            if row["is_active"] and row["accepted_at"] is not None:
                self.members[row["dashboard_id"]][row["user_id"]] = row
        self.users = {row["id"]: row for row in tables["users"]}

    def busy_and_idle_users(self) -> list[UUID]:
        def shared(user_id: UUID) -> int:
            return sum(user_id in members for members in self.members.values())

        by_shared = sorted(self.users, key=shared)
        return [by_shared[0], by_shared[len(by_shared) // 2], by_shared[-1]]

    def role(self, dashboard_id: UUID, user_id: UUID) -> str | None:
        if self.dashboards[dashboard_id]["owner_id"] == user_id:
            return "owner"
        member = self.members[dashboard_id].get(user_id)
        return member["role"] if member else None


@pytest.fixture(scope="module")
async def everything(stores: PostgresStores) -> Everything:
    names = ("dashboards", "dashboard_collaborators", "users")
    return Everything({name: await stores.pool.fetch(f"SELECT * FROM {name}") for name in names})


async def all_of(fetch: Fetch, *arguments: Any, limit: int = 200, **fields: Any) -> list[Any]:
    page = await fetch(*arguments, limit=limit, **fields)
    found = list(page.items)
    while page.next_cursor is not None:
        assert len(page.items) == limit
        page = await fetch(*arguments, limit=limit, after=page.next_cursor, **fields)
        found += page.items
    return found


# --- getUserDashboards --------------------------------------------------------------------------


@pytest.mark.parametrize(("archived", "limit"), [(False, 200), (False, 7), (True, 5), (None, 50)])
async def test_a_user_sees_own_and_shared_dashboards_newest_first(
    queries, everything, archived, limit
):
    for user_id in everything.busy_and_idle_users():
        expected = [
            (row["id"], everything.role(row["id"], user_id), len(everything.members[row["id"]]))
            for row in sorted(
                everything.dashboards.values(),
                key=lambda row: (row["updated_at"], row["id"]),
                reverse=True,
            )
            if everything.role(row["id"], user_id) and archived in (None, row["is_archived"])
        ]
        found = await all_of(queries.user_dashboards, user_id, archived=archived, limit=limit)
        told = [(each.dashboard.id, each.role, each.collaborator_count) for each in found]
        assert told == expected


async def test_a_summary_tells_what_the_row_holds(queries, everything):
    (user_id, *_) = everything.busy_and_idle_users()
    for summary in (await queries.user_dashboards(user_id)).items:
        row = everything.dashboards[summary.dashboard.id]
        wire = summary.dashboard.to_wire()
        assert (wire["title"], wire["version"]) == (row["title"], row["version"])
        assert summary.dashboard.updated_at == row["updated_at"]
        assert type(summary.dashboard).from_wire(wire) == summary.dashboard


async def test_an_invitation_counts_only_while_accepted_and_active(place, queries, stores):
    dashboard_id = await place.fresh_dashboard()
    name = str(uuid4())
    guest = await stores.accounts.create_user(f"{name}@example.org", name)

    async def seen() -> tuple[int, int]:
        mine = await queries.user_dashboards(place.user_id)
        theirs = await queries.user_dashboards(guest)
        return mine.items[0].collaborator_count, len(theirs.items)

    assert await seen() == (0, 0)
    await place.accounts.share(dashboard_id, guest, "editor")
    assert await seen() == (1, 1)
    for change in ("accepted_at = NULL", "accepted_at = now(), is_active = false"):
        await stores.pool.execute(
            f"UPDATE dashboard_collaborators SET {change} WHERE user_id = $1", guest
        )
        assert await seen() == (0, 0)


async def test_the_list_of_who_asks_comes_along(place, queries, stores):
    dashboard_id = await place.fresh_dashboard()
    name = str(uuid4())
    guest = await stores.accounts.create_user(f"{name}@example.org", name)
    await place.accounts.share(dashboard_id, guest, "viewer")
    limited = {
        "action": "read",
        "resource": "dashboard",
        "conditions": {"ipWhitelist": ["10.0.0.0/8"]},
    }
    await stores.pool.execute(
        "UPDATE dashboard_collaborators SET permissions = $2 WHERE user_id = $1", guest, [limited]
    )
    (shared,) = (await queries.user_dashboards(guest)).items
    assert (shared.role, shared.permissions) == ("viewer", (Permission.from_wire(limited),))
    await stores.pool.execute(
        "INSERT INTO dashboard_collaborators (dashboard_id, user_id, role, accepted_at) "
        "VALUES ($1, $2, 'viewer', now())",
        dashboard_id,
        place.user_id,
    )
    (own,) = (await queries.user_dashboards(place.user_id)).items
    assert (own.role, own.permissions) == ("owner", ())


async def test_what_changes_meanwhile_is_not_shown_twice(place, queries, stores):
    ids = [await place.fresh_dashboard() for _ in range(6)]
    first = await queries.user_dashboards(place.user_id, limit=3)
    await stores.pool.execute("UPDATE dashboards SET updated_at = now() WHERE id = $1", ids[-1])
    await stores.pool.execute("DELETE FROM dashboards WHERE id = $1", ids[3])
    rest = await queries.user_dashboards(place.user_id, after=first.next_cursor, limit=3)
    assert [each.dashboard.id for each in first.items] == [ids[5], ids[4], ids[3]]
    assert [each.dashboard.id for each in rest.items] == [ids[2], ids[1], ids[0]]


async def test_law7_pages_are_asked_for_rightly_or_refused(place, queries):
    other = await queries.search_dashboards(place.user_id, "revenue", limit=1)
    for fields in ({"limit": 0}, {"limit": 201}, {"after": "x"}, {"after": other.next_cursor}):
        with pytest.raises(WeftError) as raised:
            await queries.user_dashboards(place.user_id, **fields)
        assert raised.value.code == "invalid_message"


# --- search -------------------------------------------------------------------------------------


def words(row: asyncpg.Record) -> set[str]:
    return set(re.findall(r"[a-z]+", f"{row['title']} {row['description'] or ''}".lower()))


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("margin", lambda found: "margin" in found),
        ("Margin CLOUD", lambda found: {"margin", "cloud"} <= found),
        ("margin or cloud", lambda found: {"margin", "cloud"} & found),
        ("margin -cloud", lambda found: "margin" in found and "cloud" not in found),
        ("zebra", lambda _: False),
    ],
)
async def test_search_finds_what_matches_and_the_user_may_see(queries, everything, text, matches):
    for user_id in (*everything.busy_and_idle_users(), uuid4()):
        expected = {
            id_: everything.role(id_, user_id)
            for id_, row in everything.dashboards.items()
            if matches(words(row)) and not row["is_archived"]
            if row["is_public"] or everything.role(id_, user_id)
        }
        found = await all_of(queries.search_dashboards, user_id, text, limit=23)
        assert len(found) == len(expected)
        assert {hit.summary.dashboard.id: hit.summary.role for hit in found} == expected
        assert found == sorted(
            found, key=lambda hit: (hit.rank, hit.summary.dashboard.id), reverse=True
        )
        for hit in found:
            members = everything.members[hit.summary.dashboard.id]
            assert hit.summary.collaborator_count == len(members)


async def test_a_title_ranks_above_a_description(place, queries, stores):
    in_text, in_title = await place.fresh_dashboard(), await place.fresh_dashboard()
    update = "UPDATE dashboards SET {} = 'about quokkas' WHERE id = $1"
    await stores.pool.execute(update.format("description"), in_text)
    await stores.pool.execute(update.format("title"), in_title)
    found = await all_of(queries.search_dashboards, place.user_id, '"about quokka"', limit=1)
    assert [hit.summary.dashboard.id for hit in found] == [in_title, in_text]


async def test_archived_dashboards_are_found_when_asked_for(place, queries, stores):
    dashboard_id = await place.fresh_dashboard()
    await stores.pool.execute(
        "UPDATE dashboards SET is_archived = true, title = 'Wombats' WHERE id = $1", dashboard_id
    )
    for archived, count in ((False, 0), (True, 1), (None, 1)):
        page = await queries.search_dashboards(place.user_id, "wombat", archived=archived)
        assert len(page.items) == count


NOTHING_TO_FIND = [
    "",
    " ",
    "the",
    "-margin",
    "-margin -cloud",
    '""',
    "!",
    "&|",
    "or",
    "' OR 1=1 --",
]
TYPED = [
    "margin & cloud | !(", "'; DROP TABLE dashboards; --", "margin:*", "\\", "%", "_", "$1", "{}",
    '"margin', "margin or", "or or or", "<->", "a" * 500, "\u202e\ufffe", "👋", "\x01\x7f",
]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING_TO_FIND)
async def test_a_text_without_a_word_to_look_for_finds_nothing(queries, everything, text):
    (*_, user_id) = everything.busy_and_idle_users()
    assert (await queries.search_dashboards(user_id, text)).items == ()


@pytest.mark.parametrize("text", TYPED)
async def test_law7_whatever_is_typed_is_only_text(queries, everything, text):
    (*_, user_id) = everything.busy_and_idle_users()
    page = await queries.search_dashboards(user_id, text)
    assert all(hit.rank > 0 for hit in page.items)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=60))
async def test_law7_no_text_breaks_a_search(queries, text):
    try:
        await queries.search_dashboards(uuid4(), text)
    except WeftError as error:
        assert error.code == "unstorable_text"


async def test_law7_a_text_too_long_to_search_for_is_refused(queries):
    with pytest.raises(WeftError) as raised:
        await queries.search_dashboards(uuid4(), "a" * 501)
    assert raised.value.code == "limit_exceeded"


# --- getDashboardWithWidgets --------------------------------------------------------------------


async def test_an_empty_dashboard_has_no_widgets(place, queries):
    content = await queries.dashboard_with_widgets(await place.fresh_dashboard())
    assert content is not None
    assert (content.widgets, content.content_version, content.dashboard.version) == ((), 0, 0)
    assert await queries.dashboard_with_widgets(uuid4()) is None


async def test_a_dashboard_comes_with_its_widgets_as_of_its_checkpoint(place, queries):
    opened = await place.opened()
    await place.log.commit([commit_of(opened, *map(submission, range(1, 4)))])
    first, second = str(uuid4()), str(uuid4())
    one, two = widget(title=None, isLocked=True), widget(config={"keys": {"of": "my own"}})
    for version, widgets in ((1, {first: one}), (2, {first: one, second: two})):
        state = state_with(widgets, title="Q3", layout=[{"id": first, "x": 0}])
        checkpoint = Checkpoint(opened.dashboard_id, version, state)
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    content = await queries.dashboard_with_widgets(opened.dashboard_id)
    assert content is not None
    assert (content.dashboard.title, content.dashboard.settings.theme) == ("Q3", "dark")
    assert (content.content_version, content.dashboard.version) == (2, 3)
    assert [str(each.id) for each in content.widgets] == [first, second], "in the order they came"
    for shown, (version, made) in zip(content.widgets, ((1, one), (2, two)), strict=True):
        wire = shown.to_wire()
        assert {name: wire.get(name) for name in made} == made
        assert (shown.version, shown.dashboard_id) == (version, opened.dashboard_id)
        assert shown.created_at.tzinfo is not None


# --- getOperationsSinceVersion ------------------------------------------------------------------


async def test_law1_operations_are_read_in_pages_without_a_gap(place, queries):
    opened = await place.opened()
    await place.log.commit([commit_of(opened, *map(submission, range(1, 8)))])
    for limit in (1, 3, 7, 1_000):
        read, version = [], 0
        while version is not None:
            page = await queries.operations_since(opened.dashboard_id, version, limit)
            assert page is not None
            assert page.head_version == 7
            assert len(page.submissions) <= limit
            read += [one.version for one in page.submissions]
            version = page.next_version
        assert read == [1, 2, 3, 4, 5, 6, 7]
    page = await queries.operations_since(opened.dashboard_id, 7)
    assert page is not None
    assert (page.submissions, page.next_version) == ((), None)


async def test_operations_are_asked_for_rightly_or_refused_by_name(place, queries):
    dashboard_id = await place.fresh_dashboard()
    assert await queries.operations_since(uuid4(), 0) is None
    for arguments, code in (
        ((1,), "future_version"),
        ((-1,), "invalid_message"),
        ((0, 0), "invalid_message"),
        ((0, 1_001), "invalid_message"),
    ):
        with pytest.raises(WeftError) as raised:
            await queries.operations_since(dashboard_id, *arguments)
        assert raised.value.code == code


# --- getActiveCollaborators ---------------------------------------------------------------------


@pytest.mark.parametrize("limit", [3, 200])
async def test_who_takes_part_is_listed_by_name(queries, everything, limit):
    for dashboard_id in list(everything.dashboards)[:20]:
        expected = sorted(
            (everything.users[user_id]["username"], member["role"])
            for user_id, member in everything.members[dashboard_id].items()
        )
        found = await all_of(queries.active_collaborators, dashboard_id, limit=limit)
        assert [(each.user.username, each.role) for each in found] == expected


async def test_a_closed_account_takes_part_no_more(place, queries, stores):
    dashboard_id, name = await place.fresh_dashboard(), str(uuid4())
    guest = await stores.accounts.create_user(f"{name}@example.org", name, "Ada Lovelace")
    await place.accounts.share(dashboard_id, guest, "admin")
    (found,) = (await queries.active_collaborators(dashboard_id)).items
    assert (found.user.id, found.user.full_name, found.role) == (guest, "Ada Lovelace", "admin")
    assert found.accepted_at.tzinfo is not None
    await stores.pool.execute("UPDATE users SET is_active = false WHERE id = $1", guest)
    assert (await queries.active_collaborators(dashboard_id)).items == ()


# --- how they are answered ----------------------------------------------------------------------

LARGE = "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= 1000"


@pytest.mark.parametrize("prepared", ["custom", "generic"])
async def test_no_query_reads_a_large_table_from_end_to_end(stores, everything, prepared):
    """With the settings of every connection; for those who share the least and the most."""
    queries, log = statements("queries"), statements("log")["submissions_between"]
    history = {queries["operations_since"], log}
    idle, _, busy = everything.busy_and_idle_users()
    dashboard_id = next(iter(everything.dashboards))
    asked = [
        (queries["user_dashboards"], idle, False, None, None, 51),
        (queries["user_dashboards"], busy, None, NOW, dashboard_id, 51),
        (queries["search_dashboards"], idle, "margin", False, None, None, 51),
        (queries["search_dashboards"], busy, "margin or cloud", None, 0.5, dashboard_id, 51),
        (queries["dashboard_with_widgets"], dashboard_id),
        (queries["active_collaborators"], dashboard_id, None, 51),
        (queries["operations_since"], dashboard_id, 3, 1_000),
        (log, dashboard_id, 3, 1_000),
    ]
    large = {row["relname"] for row in await stores.pool.fetch(LARGE)}
    assert large >= {"dashboards", "dashboard_collaborators", "users", "checkpoints", "widgets"}
    async with stores.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = force_{prepared}_plan")
        for query, *arguments in asked:
            lines = await connection.fetch(f"EXPLAIN {query}", *arguments)
            plan = "\n".join(line[0] for line in lines)
            assert not large & set(re.findall(r"Seq Scan on (\w+)", plan)), plan
            if query not in history:
                assert "operations" not in plan, "the log is for history alone"
