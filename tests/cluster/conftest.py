"""The whole system, started once for all tests that need it."""

import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cluster.world import Desk, RunningSystem


@pytest.fixture(scope="session")
def system() -> Iterator[RunningSystem]:
    """Not under pytest's own directory: PostgreSQL, which will not run as root, must get there."""
    directory = Path(tempfile.mkdtemp(prefix="weft-system-"))
    system = RunningSystem(directory / "data")
    try:
        system.start()
        yield system
    finally:
        if system.process is not None and system.process.poll() is None:
            system.end(signal.SIGTERM)
        shutil.rmtree(directory)


@pytest.fixture
async def desk(system: RunningSystem) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        yield Desk(system, stack)
