"""Live data on the whole system: on every screen and for who comes later, in no history, while
people edit, while everything is verified, and through the death of an owner.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest

from tests.cluster.world import PATIENCE_SECONDS, Desk, RunningSystem
from weft import Board

pytestmark = pytest.mark.cluster

FEED_SECONDS = 0.02  # 50 values a second
WORDS = 30


async def until(board: Board, is_so: Callable[[], bool]) -> None:
    """Told of every change of the board; looked at after each."""
    changed = asyncio.Event()
    stop = board.listen(lambda _: changed.set())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_so():
                changed.clear()
                await changed.wait()
    finally:
        stop()


def reading(number: int) -> dict[str, Any]:
    return {"number": number, "series": [{"name": "sensor", "values": [number]}]}


def shown(board: Board, widget_id: str) -> int:
    """The number of the value that is shown; -1: none."""
    live = board.live.get(widget_id)
    return -1 if live is None or live.value is None else int(live.value["number"])


def add_chart(board: Board) -> str:
    place = {"x": 4, "y": 0, "width": 4, "height": 4}
    return board.add_widget({"type": "chart", "position": place})


@asynccontextmanager
async def feeding(board: Board, widget_id: str) -> AsyncIterator[None]:
    """A sensor at work meanwhile."""

    async def feed() -> None:
        for number in count(1):
            board.feed(widget_id, reading(number))
            await asyncio.sleep(FEED_SECONDS)

    task = asyncio.create_task(feed())
    try:
        yield
        assert not task.done(), "the sensor has failed"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def type_words(desk: Desk, board: Board) -> None:
    for number in range(WORDS):
        board.insert(desk.widget_id, ["config", "text"], 0, f"word{number} ")
        await board.saved(PATIENCE_SECONDS)


async def test_law4_a_feed_is_on_every_screen_and_in_no_history(
    system: RunningSystem, desk: Desk
) -> None:
    editor = await desk.prepare()
    chart = add_chart(editor)
    await editor.saved(PATIENCE_SECONDS)
    sensor, viewer = await desk.another(), await desk.another()
    before = editor.version
    async with feeding(sensor, chart):
        await until(viewer, lambda: shown(viewer, chart) > 0)
        async with asyncio.TaskGroup() as group:
            group.create_task(type_words(desk, editor))
            group.create_task(asyncio.to_thread(system.verify))
        seen = shown(viewer, chart)
        await until(viewer, lambda: shown(viewer, chart) > seen)
    sensor.feed(chart, reading(1_000_000))
    for board in (editor, viewer):
        await until(board, lambda each=board: shown(each, chart) == 1_000_000)
    assert editor.version == before + WORDS
    assert viewer.document.value_at(chart, ("data",)) == {}
    joiner = await desk.another()
    assert shown(joiner, chart) == 1_000_000
    async with system.admin() as admin:
        told = [each async for each in admin.history.operations(desk.dashboard_id)]
    assert len(told) == before + WORDS
    assert "1000000" not in str(told)
    editor.remove_widget(chart)
    await editor.saved(PATIENCE_SECONDS)
    await until(viewer, lambda: shown(viewer, chart) == -1)
    system.verify()


async def test_law4_a_feed_goes_on_when_the_owner_is_killed(
    system: RunningSystem, desk: Desk
) -> None:
    editor = await desk.prepare()
    chart = add_chart(editor)
    await editor.saved(PATIENCE_SECONDS)
    sensor, viewer = await desk.another(), await desk.another()
    async with feeding(sensor, chart):
        await until(viewer, lambda: shown(viewer, chart) > 0)
        await asyncio.to_thread(system.kill_actor, "Owner")
        seen = shown(viewer, chart) + int(1 / FEED_SECONDS)  # not what was on its way
        await type_words(desk, editor)
        await until(viewer, lambda: shown(viewer, chart) > seen)
    system.verify()
