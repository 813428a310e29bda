"""Each browser test has a dashboard and contexts of its own, in the Chromium that all share."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.people import Stage
from tests.cluster.world import RunningSystem


@pytest.fixture
async def stage(system: RunningSystem, browser: Browser) -> AsyncIterator[Stage]:
    """Whatever a test does, nobody's console tells of an error."""
    stage = Stage(system, browser)
    yield stage
    faults = [fault for person in stage.people for fault in person.faults]
    await stage.leave()
    assert faults == []
