"""One Chromium for all browser tests; each has a dashboard and contexts of its own."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import FLAGS, needed_chromium
from tests.browser.people import Stage
from tests.cluster.world import RunningSystem


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = needed_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def stage(system: RunningSystem, browser: Browser) -> AsyncIterator[Stage]:
    """Whatever a test does, nobody's console tells of an error."""
    stage = Stage(system, browser)
    yield stage
    faults = [fault for person in stage.people for fault in person.faults]
    await stage.leave()
    assert faults == []
