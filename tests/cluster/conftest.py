"""A dashboard on the whole system, and the boards on it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.cluster.world import Desk, RunningSystem


@pytest.fixture
async def desk(system: RunningSystem) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        yield Desk(system, stack)
