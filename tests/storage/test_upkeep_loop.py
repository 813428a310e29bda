"""What has to be done now and then is done, whatever goes wrong with one of the chores."""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from storage.delivery_ports import StoredAnswer, WebhookCreate
from storage.postgres_idempotency import PostgresIdempotencyKeys
from storage.postgres_migrations import migrate
from storage.postgres_outbox import PostgresOutbox
from storage.postgres_pool import connect
from storage.postgres_webhooks import PostgresWebhooks
from storage.retention import Retention, beginning_of_month
from storage.upkeep_loop import chores, keep_up
from tests.storage.making import Place, commit_of, submission
from weft.errors import WeftError


async def rounds_of(every: dict, count: int) -> None:
    """Let the loop go round so often."""
    done = asyncio.Semaphore(0)

    async def last() -> None:
        done.release()

    loop = asyncio.create_task(keep_up({**every, "last": last}, seconds=0.0))
    async with asyncio.timeout(60):
        for _ in range(count):
            await done.acquire()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def test_every_chore_is_done_again_and_again(caplog):
    calls = []

    async def sweep() -> int:
        calls.append("sweep")
        return 7

    async def idle() -> int:
        calls.append("idle")
        return 0

    with caplog.at_level(logging.INFO, "storage.upkeep_loop"):
        await rounds_of({"rows swept": sweep, "nothing to do": idle}, 2)
    assert calls[:4] == ["sweep", "idle", "sweep", "idle"]
    told = [record.getMessage() for record in caplog.records]
    assert "upkeep, rows swept: 7" in told
    assert not any("nothing to do" in message for message in told)


@pytest.mark.parametrize(
    ("error", "level"),
    [(WeftError("storage_unavailable"), logging.WARNING), (RuntimeError("a bug"), logging.ERROR)],
)
async def test_law10_a_chore_that_fails_keeps_no_other_from_being_done(caplog, error, level):
    async def fail() -> None:
        raise error

    await rounds_of({"impossible": fail}, 2)
    failures = [record for record in caplog.records if "impossible" in record.getMessage()]
    assert len(failures) >= 2
    assert {record.levelno for record in failures} == {level}


@pytest.mark.store
async def test_the_chores_of_postgres_leave_nothing_undone(postgres_url, postgres_stores):
    await postgres_stores.pool.execute("CREATE DATABASE upkeep")
    url = postgres_url.replace("/postgres?", "/upkeep?")
    await migrate(url)
    stores = await connect(url)
    place = Place(
        stores.log, stores.accounts, await stores.accounts.create_user("a@example.org", "a")
    )
    opened = await place.opened()
    old = beginning_of_month(datetime.now(UTC), 3)
    late = submission(1, at_ms=int(old.timestamp() * 1000))
    await stores.log.commit([commit_of(opened, late)])
    keys, outbox = PostgresIdempotencyKeys(stores.pool), PostgresOutbox(stores.pool)
    await keys.claim("ann", "key", b"one", 60.0)
    await keys.complete("ann", "key", b"one", StoredAnswer(200, {}), -1.0)
    hooks = PostgresWebhooks(stores.pool)
    webhook = await hooks.create_webhook(WebhookCreate("u", "s", ("*",)))
    await outbox.record("topic", {}, uuid4())
    (event,) = await outbox.claim_events({webhook.id: 1})
    await outbox.delivered(event)
    await stores.pool.execute("UPDATE outbox SET delivered_at = now() - INTERVAL '8 days'")
    every = chores(stores.pool, Retention(log_months=1))
    done = {name: await chore() for name, chore in every.items()}
    assert done["partitions made"] == [f"operations_{old:%Y_%m}"]
    assert list(done["partitions retired"].held) == [f"operations_{old:%Y_%m}"]
    assert done["deliveries forgotten"] == 1
    assert done["idempotency keys forgotten"] == 1
    await stores.close()
