"""What the tests measure laws by: it stands still with the machine, and finds out who is late."""

import asyncio
import time

import pytest
from hypothesis import settings

from tests.running_clock import TURN_SECONDS, RunningClock, within


async def test_who_never_tells_is_late() -> None:
    with pytest.raises(TimeoutError):
        async with within(2 * TURN_SECONDS):
            await asyncio.Event().wait()


async def test_a_machine_that_stands_still_makes_nobody_late() -> None:
    async with RunningClock() as clock, within(5 * TURN_SECONDS):
        began = time.monotonic()
        time.sleep(10 * TURN_SECONDS)  # noqa: ASYNC251  (this is what it is about)
        await asyncio.sleep(0)
        assert clock.now() <= TURN_SECONDS
        assert clock.between(began, time.monotonic()) <= TURN_SECONDS


async def test_what_takes_turns_takes_time() -> None:
    async with RunningClock() as clock:
        began = time.monotonic()
        while clock.now() < 3 * TURN_SECONDS:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0)
        ended = time.monotonic()
        await asyncio.sleep(2 * TURN_SECONDS)
        assert clock.between(began, ended) == 3 * TURN_SECONDS
        assert clock.now() > 3 * TURN_SECONDS


def test_an_example_of_hypothesis_may_take_as_long_as_it_likes() -> None:
    """By its own 200 ms, a machine that stood still for a moment had found a bug."""
    assert settings().deadline is None
