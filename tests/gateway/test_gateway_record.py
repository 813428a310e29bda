"""Connections are recorded in order, off the editing path, and an outage costs entries only."""

import asyncio
import logging
from uuid import UUID, uuid4

import pytest

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
    assert recorder._calls.qsize() == 2
    await recorder.close()
