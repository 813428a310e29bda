"""The servers that tests share: embedded, started once per session, each test with fresh rows.

They live in a directory of their own under the temporary one: PostgreSQL, which will not run as
root, must be able to reach it.
"""

import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.async_api import Browser, async_playwright

from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from tests.browser.chromium import FLAGS, needed_chromium
from tests.cluster.world import RunningSystem
from tests.plugins.installing import HOUSE_RULES, install

# A shared machine may be slow, or stand still for seconds: a slow example is not a wrong one.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Asked for when several processes run the tests, and by none of them."""
    from tests.side_by_side import SideBySide

    return SideBySide(config, log)


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="weft-test-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
async def postgres_url(server_directory: Path) -> AsyncIterator[str]:
    """A migrated database, shared by all tests: make users and dashboards of your own."""
    server = EmbeddedPostgres(server_directory / "postgres")
    url = server.start()
    try:
        await migrate(url)
        yield url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def redis_url(server_directory: Path) -> Iterator[str]:
    """A Redis, shared by all tests: use ids of your own."""
    server = EmbeddedRedis(server_directory / "redis")
    url = server.start()
    yield url
    server.stop()


@pytest.fixture(scope="session")
async def postgres_stores(postgres_url: str) -> AsyncIterator[PostgresStores]:
    """`log` and `accounts` on that database."""
    stores = await connect(postgres_url)
    yield stores
    await stores.close()


@pytest.fixture(scope="session")
def system() -> Iterator[RunningSystem]:
    """The whole system, with what there is to try it out with.

    Not under pytest's own directory: PostgreSQL, which will not run as root, must get there.
    """
    directory = Path(tempfile.mkdtemp(prefix="weft-system-"))
    environment = {"PYTHONPATH": install(HOUSE_RULES, directory), "WEFT_PLUGINS": "house_rules"}
    system = RunningSystem(directory / "data", ("--demo",), environment)
    try:
        system.start()
        yield system
    finally:
        if system.process is not None and system.process.poll() is None:
            system.end(signal.SIGTERM)
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests: make contexts of your own."""
    path = needed_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()
