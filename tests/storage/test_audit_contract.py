"""What every `Audit` keeps, in memory and in PostgreSQL."""

from datetime import timedelta
from ipaddress import ip_address
from uuid import uuid4

import pytest

from storage.memory_audit import MemoryAudit
from storage.postgres_audit import PostgresAudit, record_audit
from storage.query_ports import Audit, AuditEntry, AuditFilter, Page
from tests.storage.conftest import BOTH_STORES
from weft.errors import WeftError
from weft.models import AuditLog


@pytest.fixture(params=BOTH_STORES)
def audit(request: pytest.FixtureRequest) -> Audit:
    if request.param == "memory":
        return MemoryAudit()
    return PostgresAudit(request.getfixturevalue("postgres_stores").pool)


def entry(**fields) -> AuditEntry:
    return AuditEntry(**{"action": "dashboard.rename", "entity_type": "dashboard", **fields})


async def all_pages(audit: Audit, wanted: AuditFilter, limit: int) -> list[list[AuditLog]]:
    pages: list[Page[AuditLog]] = [await audit.entries(wanted, limit=limit)]
    while (after := pages[-1].next_cursor) is not None:
        pages.append(await audit.entries(wanted, after=after, limit=limit))
    return [list(page.items) for page in pages]


async def test_what_is_recorded_is_read_back_exactly(audit: Audit):
    one = entry(
        user_id=uuid4(),
        dashboard_id=uuid4(),
        entity_id=uuid4(),
        old_values={"title": "Old", "n": [1, None, 1e17]},
        new_values={"title": 'grüß 👋 "\\"'},
        ip_address=ip_address("2001:db8::1"),
        user_agent="Mozilla/5.0",
    )
    await audit.record(one)
    ((read,),) = await all_pages(audit, AuditFilter(entity_id=one.entity_id), 5)
    for name in AuditEntry.__dataclass_fields__:
        assert getattr(read, name) == getattr(one, name), name
    assert read.to_wire()["ipAddress"] == "2001:db8::1"
    assert AuditLog.from_wire(read.to_wire()) == read


async def test_an_entry_without_anything_optional_is_one_too(audit: Audit):
    action = f"test.{uuid4()}"
    await audit.record(AuditEntry(action, "system"))
    ((read,),) = await all_pages(audit, AuditFilter(action=action), 5)
    assert (read.user_id, read.old_values, read.ip_address) == (None, None, None)


async def test_every_filter_leaves_what_it_names_and_all_hold_together(audit: Audit):
    scope = uuid4()
    users, entities = [uuid4(), uuid4()], [uuid4(), uuid4()]
    for user_id in users:
        for entity_id in entities:
            for action in ("a", "b"):
                kind = f"{action}-kind"
                fields = {"user_id": user_id, "entity_id": entity_id, "action": action}
                await audit.record(entry(dashboard_id=scope, entity_type=kind, **fields))

    async def count(**fields) -> int:
        pages = await all_pages(audit, AuditFilter(dashboard_id=scope, **fields), 200)
        return sum(map(len, pages))

    assert await count() == 8
    assert await count(user_id=users[0]) == 4
    assert await count(entity_id=entities[1], action="a") == 2
    assert await count(entity_type="b-kind", user_id=users[1], entity_id=entities[0]) == 1
    assert await count(user_id=uuid4()) == 0


async def test_time_is_half_open(audit: Audit):
    scope = uuid4()
    await audit.record(entry(dashboard_id=scope))
    ((read,),) = await all_pages(audit, AuditFilter(dashboard_id=scope), 5)
    at, later = read.created_at, read.created_at + timedelta(microseconds=1)
    for since, until, found in ((at, later, 1), (later, None, 0), (None, at, 0), (None, later, 1)):
        wanted = AuditFilter(dashboard_id=scope, since=since, until=until)
        assert sum(map(len, await all_pages(audit, wanted, 5))) == found


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
async def test_pages_are_newest_first_without_gap_or_repeat(audit: Audit, limit: int):
    scope = uuid4()
    for number in range(7):
        await audit.record(entry(dashboard_id=scope, new_values={"number": number}))
    pages = await all_pages(audit, AuditFilter(dashboard_id=scope), limit)
    assert [len(page) for page in pages] == [limit] * (7 // limit) + [7 % limit] * bool(7 % limit)
    read = [log for page in pages for log in page]
    assert len({log.id for log in read}) == 7
    assert read == sorted(read, key=lambda log: (log.created_at, log.id), reverse=True)


async def test_law7_what_no_row_can_hold_is_refused_by_name(audit: Audit):
    for fields, code in (
        ({"action": "a" * 101}, "limit_exceeded"),
        ({"entity_type": "e" * 51}, "limit_exceeded"),
        ({"action": "\0"}, "unstorable_text"),
        ({"new_values": {"title": "\0"}}, "unstorable_text"),
        ({"old_values": {"title": "\ud800"}}, "unstorable_text"),
    ):
        with pytest.raises(WeftError) as raised:
            await audit.record(entry(**fields))
        assert raised.value.code == code


async def test_a_user_agent_that_is_too_long_does_not_stop_a_change(audit: Audit):
    scope = uuid4()
    await audit.record(entry(dashboard_id=scope, user_agent="m" * 100_000))
    ((read,),) = await all_pages(audit, AuditFilter(dashboard_id=scope), 5)
    assert read.user_agent == "m" * 1_000


@pytest.mark.store
async def test_what_a_transaction_records_goes_with_it(postgres_stores):
    scope, audit = uuid4(), PostgresAudit(postgres_stores.pool)
    async with postgres_stores.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await record_audit(connection, entry(dashboard_id=scope))
        await transaction.rollback()
        assert await all_pages(audit, AuditFilter(dashboard_id=scope), 5) == [[]]
        async with connection.transaction():
            for number in range(3):
                await record_audit(connection, entry(dashboard_id=scope, action=str(number)))
    ((*read,),) = await all_pages(audit, AuditFilter(dashboard_id=scope), 5)
    assert [log.action for log in read] == ["2", "1", "0"], "in order within the transaction"


@pytest.mark.store
async def test_the_trail_outlives_user_and_dashboard(postgres_stores):
    accounts, pool = postgres_stores.accounts, postgres_stores.pool
    name = str(uuid4())
    user_id = await accounts.create_user(f"{name}@example.org", name)
    dashboard_id = await accounts.create_dashboard(user_id, "Sales")
    audit = PostgresAudit(pool)
    await audit.record(entry(user_id=user_id, dashboard_id=dashboard_id))
    await pool.execute("DELETE FROM users WHERE id = $1", user_id)
    assert await postgres_stores.log.head(dashboard_id) is None
    ((read,),) = await all_pages(audit, AuditFilter(user_id=user_id), 5)
    assert read.dashboard_id == dashboard_id
