"""What every `IdempotencyKeys` keeps, in memory and in PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from storage.delivery_ports import IdempotencyKeys, StoredAnswer
from storage.memory_idempotency import MemoryIdempotencyKeys
from storage.postgres_idempotency import PostgresIdempotencyKeys, complete_within
from tests.storage.conftest import BOTH_STORES
from weft.errors import WeftError

ONE, OTHER = b"one request", b"another one"
CREATED = StoredAnswer(201, {"id": "grüß 👋", "n": [1, None]})


@pytest.fixture(params=BOTH_STORES)
def keys(request: pytest.FixtureRequest) -> IdempotencyKeys:
    if request.param == "memory":
        return MemoryIdempotencyKeys()
    return PostgresIdempotencyKeys(request.getfixturevalue("postgres_stores").pool)


async def refusal(keys: IdempotencyKeys, *arguments) -> str:
    with pytest.raises(WeftError) as raised:
        await keys.claim(*arguments)
    return raised.value.code


async def test_law3_a_request_sent_again_gets_the_first_answer(keys: IdempotencyKeys):
    key = str(uuid4())
    assert await keys.claim("ann", key, ONE, 60.0) is None
    assert await refusal(keys, "ann", key, ONE, 60.0) == "in_flight"
    await keys.complete("ann", key, ONE, CREATED, 60.0)
    for _ in range(2):
        assert await keys.claim("ann", key, ONE, 60.0) == CREATED


async def test_law3_a_key_with_another_request_is_refused(keys: IdempotencyKeys):
    key = str(uuid4())
    await keys.claim("ann", key, ONE, 60.0)
    assert await refusal(keys, "ann", key, OTHER, 60.0) == "id_reused"
    await keys.complete("ann", key, ONE, CREATED, 60.0)
    assert await refusal(keys, "ann", key, OTHER, 60.0) == "id_reused"


async def test_nobody_meets_the_keys_of_another(keys: IdempotencyKeys):
    key = str(uuid4())
    await keys.claim("ann", key, ONE, 60.0)
    await keys.complete("ann", key, ONE, CREATED, 60.0)
    assert await keys.claim("bob", key, OTHER, 60.0) is None


async def test_what_was_not_done_may_be_tried_again(keys: IdempotencyKeys):
    key = str(uuid4())
    await keys.claim("ann", key, ONE, 60.0)
    await keys.release("ann", key, OTHER)
    assert await refusal(keys, "ann", key, ONE, 60.0) == "in_flight"
    await keys.release("ann", key, ONE)
    assert await keys.claim("ann", key, OTHER, 60.0) is None


async def test_an_answer_that_was_given_is_not_released(keys: IdempotencyKeys):
    key = str(uuid4())
    await keys.claim("ann", key, ONE, 60.0)
    await keys.complete("ann", key, ONE, CREATED, 60.0)
    await keys.release("ann", key, ONE)
    assert await keys.claim("ann", key, ONE, 60.0) == CREATED


async def test_after_a_crash_the_lease_frees_the_key_and_who_is_late_changes_nothing(
    keys: IdempotencyKeys,
):
    key = str(uuid4())
    assert await keys.claim("ann", key, ONE, 0.0) is None
    assert await keys.claim("ann", key, OTHER, 60.0) is None
    await keys.complete("ann", key, ONE, CREATED, 60.0)
    assert await refusal(keys, "ann", key, OTHER, 60.0) == "in_flight"


async def test_an_answer_is_forgotten_when_its_time_is_over(keys: IdempotencyKeys):
    key = str(uuid4())
    await keys.claim("ann", key, ONE, 60.0)
    await keys.complete("ann", key, ONE, CREATED, 0.0)
    assert await keys.purge_expired() >= 1
    assert await keys.claim("ann", key, OTHER, 60.0) is None


async def test_law7_a_key_that_no_row_can_hold_is_refused(keys: IdempotencyKeys):
    assert await refusal(keys, "ann", "k" * 256, ONE, 60.0) == "limit_exceeded"
    assert await refusal(keys, "ann", "\0", ONE, 60.0) == "unstorable_text"


@pytest.mark.store
async def test_law3_of_many_at_once_one_does_it(postgres_stores):
    keys, key = PostgresIdempotencyKeys(postgres_stores.pool), str(uuid4())
    claims = [keys.claim("ann", key, ONE, 60.0) for _ in range(8)]
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert {each.code for each in outcomes if each is not None} == {"in_flight"}


@pytest.mark.store
async def test_law3_the_answer_commits_with_the_change_or_not_at_all(postgres_stores):
    keys, key = PostgresIdempotencyKeys(postgres_stores.pool), str(uuid4())
    await keys.claim("ann", key, ONE, 60.0)
    async with postgres_stores.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await complete_within(connection, "ann", key, ONE, CREATED, ttl_seconds=60.0)
        await transaction.rollback()
    assert await refusal(keys, "ann", key, ONE, 60.0) == "in_flight"
