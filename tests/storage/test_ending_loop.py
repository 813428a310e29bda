"""Who closes waits for its tasks, and does not wait for ever."""

import asyncio
from contextlib import suppress

import pytest

from storage.ending_loop import end
from storage.redis_notices import RedisNotices
from storage.redis_presence import RedisPresence


async def test_a_task_that_lost_a_cancellation_is_ended_all_the_same() -> None:
    lost = asyncio.Event()

    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        lost.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await end(task)
    assert lost.is_set()
    assert task.cancelled()


async def test_one_that_has_failed_has_ended() -> None:
    async def fail() -> None:
        raise ValueError

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await end(task)
    assert isinstance(task.exception(), ValueError)


@pytest.mark.parametrize("turns", range(0, 40, 5))
@pytest.mark.parametrize("kind", [RedisPresence, RedisNotices])
async def test_a_listener_is_closed_at_whatever_moment(
    redis_url: str, kind: type[RedisPresence | RedisNotices], turns: int
) -> None:
    """Found when a gateway that was stopped hung: its listener had lost the cancellation."""
    listener = kind(redis_url)
    listener.start()
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await listener.close()
