"""Laws 8 and 9 on gateways in processes of their own: people who come and go at random, readers
that never read, and in the end a gateway that is killed.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

import weft
from benchmarks.editors import Load, run
from benchmarks.presence import come_and_go
from benchmarks.slow_readers import hold_up
from storage.embedded_redis import EmbeddedRedis
from storage.postgres_pool import PostgresStores
from tests.client.conversation import NOTE
from tests.presence.street import Street, street
from tests.presence.town import Person
from tests.running_clock import RunningClock, within
from weft.limits import PRESENCE_BEAT_SECONDS
from weft.wire import close_codes

pytestmark = pytest.mark.store

VISITORS, USERS, SECONDS = 40, 8, 4.0
READERS, EDITORS = 20, 5
GONE_WITHIN_SECONDS = 10.0  # law 8


@pytest.fixture(scope="module")
async def two_gateways(
    postgres_stores: PostgresStores, postgres_url: str, server_directory: Path
) -> AsyncIterator[Street]:
    """With a Redis of their own: the owners of other tests are nobody here."""
    redis = EmbeddedRedis(server_directory / "redis-of-a-street")
    try:
        async with street(postgres_stores, postgres_url, redis.start(), gateways=2) as made:
            yield made
    finally:
        redis.stop()


async def test_law8_every_roster_is_the_truth_after_forty_came_and_went_at_random(
    two_gateways: Street,
) -> None:
    """Some say that they leave, some close, some are cut off, over two gateways."""
    tokens = [await two_gateways.token() for _ in range(USERS)]
    async with RunningClock() as clock:
        churn = await come_and_go(
            two_gateways.urls,
            tokens,
            str(two_gateways.dashboard_id),
            visitors=VISITORS,
            seconds=SECONDS,
            clock=clock.now,
        )
    assert churn.visits > VISITORS
    assert churn.rosters > 1
    assert churn.wrong == {}
    assert (churn.missing_at_joins, churn.ghosts_at_joins) == (0, 0)


async def test_law9_readers_that_never_read_are_let_go_of_and_what_waits_for_them_is_bounded(
    two_gateways: Street,
) -> None:
    gateway = two_gateways.gateways[0]
    tokens = [await two_gateways.token() for _ in range(EDITORS + 2)]
    load = Load(
        url=gateway.url,
        dashboard_id=str(two_gateways.dashboard_id),
        widget_id=await a_text(two_gateways, tokens[0]),
        tokens=tokens[:EDITORS],
        batch=1,
        per_second=5.0,
        warm_up_seconds=0.0,
        seconds=2.0,
    )

    async def are_let_go() -> bool:
        return (await gateway.closes())[str(close_codes.SLOW_READER)] == READERS

    async def edit() -> None:
        seen = await run(load)
        assert seen["submissions_in_all"] >= EDITORS
        assert seen["rejected"] == 0

    others = replace(load, tokens=tokens[EDITORS:])
    held = await hold_up(others, gateway.pid, READERS, are_let_go, edit)
    assert held.grown_bytes <= held.bound_bytes


async def a_text(where: Street, token: str) -> str:
    async with weft.connect(where.urls[0], token) as client:
        board = await client.join(where.dashboard_id)
        widget_id = board.add_widget(NOTE)
        await board.saved()
        return widget_id


async def test_law8_who_leaves_is_gone_at_once_and_who_was_on_a_killed_gateway_in_time(
    two_gateways: Street,
) -> None:
    """The last one here: a gateway is missing after it."""
    ann = await two_gateways.person(0)
    bob, cem = await two_gateways.person(1), await two_gateways.person(1)
    await asyncio.gather(*(sees(person, 3) for person in (ann, bob, cem)))
    async with within(PRESENCE_BEAT_SECONDS):  # told, not found out
        await cem.leave()
        await sees(ann, 2)
    async with within(GONE_WITHIN_SECONDS):
        two_gateways.gateways[1].kill()
        await sees(ann, 1)
    dan = await two_gateways.person(0)
    assert len(dan.names) == 2
    await sees(ann, 2)


async def sees(person: Person, people: int) -> None:
    await person.until(lambda: len(person.names) == people)
