"""What is killed while people edit: an owner, a gateway, the whole system. Laws 1 to 4 hold.

The last of this folder: it ends the system and starts it again.
"""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from cluster.data_dir_file import find_running
from tests.cluster.world import PATIENCE_SECONDS, TEXT, Desk, RunningSystem, weft_command
from weft import Board
from weft.wire import close_codes

pytestmark = pytest.mark.cluster

EDITS = 200
STRIKE_AFTER = 50  # acknowledged edits of each typist


class Typist:
    """Types numbered words at the end, each acknowledged before the next."""

    def __init__(self, desk: Desk, board: Board, name: str) -> None:
        self.board = board
        self.words = [f"{name}{number} " for number in range(EDITS)]
        self.is_under_way = asyncio.Event()
        self._desk = desk

    async def type(self) -> None:
        for number, word in enumerate(self.words):
            position = len(self._desk.text(self.board))
            self.board.insert(self._desk.widget_id, TEXT, position, word)
            await self.board.saved(PATIENCE_SECONDS)
            if number == STRIKE_AFTER:
                self.is_under_way.set()


async def edit_while(desk: Desk, strike: Callable[[], object]) -> None:
    """Two type and one reads; in the midst something is killed. Nothing lost, nothing doubled."""
    typists = [
        Typist(desk, await desk.prepare(), "left"),
        Typist(desk, await desk.another(), "right"),
    ]
    boards = [*(typist.board for typist in typists), await desk.another()]
    async with asyncio.TaskGroup() as group:
        for typist in typists:
            group.create_task(typist.type())
        for typist in typists:
            await typist.is_under_way.wait()
        await asyncio.to_thread(strike)
    head = max(board.version for board in boards)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(board.reached(head) for board in boards))
    texts = {desk.text(board) for board in boards}
    assert len(texts) == 1
    found = texts.pop().split()
    assert sorted(found) == sorted(word.strip() for each in typists for word in each.words)


async def test_law3_nothing_is_lost_or_doubled_when_the_owner_is_killed(
    system: RunningSystem, desk: Desk
) -> None:
    await edit_while(desk, lambda: system.kill_actor("Owner"))
    assert system.verify()


async def test_law3_nothing_is_lost_or_doubled_when_the_gateway_is_killed(
    system: RunningSystem, desk: Desk
) -> None:
    await edit_while(desk, lambda: system.kill_actor("Gateway"))
    assert system.verify()


async def test_law3_nothing_is_lost_or_doubled_through_a_rolling_restart(
    system: RunningSystem, desk: Desk
) -> None:
    """One owner and one gateway: a spare stands in for each."""

    def restart() -> None:
        where = ["--data-dir", str(system.data_dir)]
        code, told = weft_command("rolling-restart", *where, timeout=400)
        assert code == 0, told
        assert told["restarted"] == ["owner-0", "gateway-0"]

    await edit_while(desk, restart)
    assert system.verify()
    code, cluster = weft_command("status", "--data-dir", str(system.data_dir))
    assert code == 0
    assert "owner-0" in {each["name"] for each in cluster["owners"]}
    assert {each["wsUrl"] for each in cluster["gateways"]} == {system.ready["ws"]}


async def test_law3_a_node_that_is_drained_may_be_stopped(
    system: RunningSystem, desk: Desk
) -> None:
    """The only one: its members are the ones that Ray starts again."""

    def drain_and_stop() -> None:
        code, told = weft_command("drain", "--data-dir", str(system.data_dir))
        assert (code, told) == (0, {"owners": ["owner-0"], "gateways": ["gateway-0"]})
        system.kill_actor("Gateway")
        system.kill_actor("Owner")

    await edit_while(desk, drain_and_stop)
    assert system.verify()
    await system.until_ready()


async def test_law2_what_was_acknowledged_is_there_after_the_whole_system_was_killed(
    system: RunningSystem, desk: Desk
) -> None:
    def kill_and_start() -> None:
        assert system.end(signal.SIGKILL) == -signal.SIGKILL
        assert find_running(system.data_dir) is None
        system.start()

    await edit_while(desk, kill_and_start)
    assert system.verify()


async def test_sigterm_tells_clients_writes_checkpoints_and_exits_0(
    system: RunningSystem, desk: Desk
) -> None:
    board = await desk.prepare()
    board.insert(desk.widget_id, TEXT, 0, "before ")
    await board.saved(PATIENCE_SECONDS)
    async with connect(system.ready["ws"]) as socket:
        hello = {"type": "hello", "protocol": [1], "token": await desk.token()}
        await socket.send(orjson.dumps(hello), text=True)
        await socket.recv()
        assert await asyncio.to_thread(system.end, signal.SIGTERM) == 0
        told = []
        with suppress(ConnectionClosed):
            while True:
                told.append(orjson.loads(await socket.recv()))
        assert [(each["type"], each["code"]) for each in told] == [("goaway", "going_away")]
        assert socket.close_code == close_codes.GOING_AWAY
    assert find_running(system.data_dir) is None
    [found] = [each for each in system.verify() if each["dashboard_id"] == str(desk.dashboard_id)]
    assert found["versions"] == found["newest_checkpoint"] == board.version
    system.start()
    board.insert(desk.widget_id, TEXT, 0, "and after, ")
    await board.saved(PATIENCE_SECONDS)
    assert desk.text(await desk.another()) == "and after, before "
