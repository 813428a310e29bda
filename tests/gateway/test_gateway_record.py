"""Connections are recorded in order, off the editing path, and an outage costs entries only."""

import asyncio
import logging
from uuid import UUID, uuid4

import pytest

from gateway.heartbeat_loop import GatewayHeartbeat
from gateway.record_loop import DirectoryRecorder
from storage.memory_directory import MemoryDirectory
from storage.ports import SessionUser
from weft import limits

ANN = SessionUser(uuid4(), uuid4(), "ann", 0)
D1 = uuid4()


async def test_after_an_outage_recording_goes_on_and_it_was_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    directory = MemoryDirectory()
    recorder = DirectoryRecorder(directory, "gateway-1")
    directory.unavailable = True
    for _ in range(3):
        recorder.connected("c1", ANN)
    await recorder._calls.join()
    directory.unavailable = False
    recorder.connected("c2", ANN)
    recorder.entered("c2", ANN, D1)
    await recorder.close()
    assert await directory.room_connections(D1) == {"c2"}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_law9_entries_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECORDS_MAX_WAITING", 2)
    monkeypatch.setattr(limits, "CLOSE_TIMEOUT_SECONDS", 0.01)

    class Silent(MemoryDirectory):
        async def entered(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None:
            await asyncio.Event().wait()

    recorder = DirectoryRecorder(Silent(), "gateway-1")
    for _ in range(10):
        recorder.entered("c1", ANN, D1)
    assert (recorder.waiting, recorder.dropped) == (2, 8)
    await recorder.close()


class Gateway(DirectoryRecorder):
    """A recorder whose heart beats when it is told to, and not by itself."""

    def __init__(self, directory: MemoryDirectory, server_id: str) -> None:
        super().__init__(directory, server_id)
        self._heart = GatewayHeartbeat(directory, server_id, self)
        self._heart._task.cancel()
        self.beat = self._heart.beat


async def test_law8_what_a_dead_gateway_left_is_swept_by_any_other() -> None:
    now = 0.0
    directory = MemoryDirectory(lambda: now)
    dead, living = Gateway(directory, "dead/1"), Gateway(directory, "living/1")
    await dead.beat()
    dead.connected("c1", ANN)
    dead.entered("c1", ANN, D1)
    await dead.close()
    now = limits.HEARTBEAT_TTL_SECONDS - 0.1
    await living.beat()
    assert await directory.room_connections(D1) == {"c1"}, "it may still live"
    now = limits.HEARTBEAT_TTL_SECONDS + 0.1
    await living.beat()
    assert await directory.room_connections(D1) == set()
    assert await directory.gone_gateways() == set(), "once is enough"
    await living.close()


async def test_law8_a_gateway_taken_for_dead_tells_of_everybody_again() -> None:
    now = 0.0
    directory = MemoryDirectory(lambda: now)
    paused, living = Gateway(directory, "paused/1"), Gateway(directory, "living/1")
    await paused.beat()
    paused.connected("c1", ANN)
    paused.entered("c1", ANN, D1)
    await paused._calls.join()
    now = 60.0
    await living.beat()
    assert await directory.connections_of(ANN.user_id) == set()
    await paused.beat()
    await paused.close()
    assert await directory.room_connections(D1) == {"c1"}
    await living.close()


class Stalling(MemoryDirectory):
    """Whoever has seen who is gone is told so late."""

    async def gone_gateways(self) -> frozenset[str]:
        gone = await super().gone_gateways()
        await self.meanwhile()
        return gone

    async def meanwhile(self) -> None: ...


async def test_law8_a_gateway_that_comes_back_while_it_is_swept_keeps_its_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    directory = Stalling(lambda: now)
    paused, living = Gateway(directory, "paused/1"), Gateway(directory, "living/1")
    await paused.beat()
    paused.connected("c1", ANN)
    await paused._calls.join()
    now = 60.0

    async def it_comes_back() -> None:
        monkeypatch.undo()
        await paused.beat()
        await paused._calls.join()

    monkeypatch.setattr(directory, "meanwhile", it_comes_back)
    await living.beat()
    assert await directory.connections_of(ANN.user_id) == {"c1"}
    now = 120.0  # it is killed before it beats again
    await living.beat()
    assert await directory.connections_of(ANN.user_id) == set()
    await paused.close()
    await living.close()


async def test_law8_what_was_missed_in_an_outage_is_told_when_it_ends() -> None:
    directory = MemoryDirectory()
    recorder = Gateway(directory, "gateway-1/1")
    await recorder.beat()
    recorder.connected("c1", ANN)
    await recorder._calls.join()
    directory.unavailable = True
    recorder.disconnected("c1", ANN)
    recorder.connected("c2", ANN)
    recorder.entered("c2", ANN, D1)
    await recorder._calls.join()
    directory.unavailable = False
    await recorder.beat()
    await recorder.close()
    assert await directory.connections_of(ANN.user_id) == {"c2"}
    assert await directory.room_connections(D1) == {"c2"}
