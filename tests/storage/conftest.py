"""Each contract test runs twice: over the memory twins, and over the real servers."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from uuid import uuid4

import pytest

from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.ports import Accounts, Directory, OperationLog
from storage.postgres_pool import PostgresStores
from storage.redis_directory import RedisDirectory
from tests.storage.identity_house import House, memory_house, postgres_house
from tests.storage.making import Place
from tests.storage.posting import Post, memory_post, postgres_post

PATIENCE_SECONDS = 60.0
BOTH_STORES = ["memory", pytest.param("postgres", marks=pytest.mark.store)]
BOTH_DIRECTORIES = ["memory", pytest.param("redis", marks=pytest.mark.store)]


@pytest.fixture(scope="module", autouse=True)
def patience_with_redis() -> Iterator[pytest.MonkeyPatch]:
    """It goes on without a Redis that has not answered within 0.25 s, and believes one to be gone
    that was not heard for 1 s: a machine that stands still for so long is neither. Who tests the
    silence of a Redis undoes this.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, rooms in {
            "DIRECTORY_TIMEOUT_SECONDS": ("directory", "notices", "presence", "session_index"),
            "CACHE_TIMEOUT_SECONDS": ("cache", "rate_counts"),
            "NOTICE_SILENCE_SECONDS": ("listening_loop", "notices", "presence"),
        }.items():
            for room in rooms:
                patch.setattr(f"storage.redis_{room}.{name}", PATIENCE_SECONDS)
        yield patch


@pytest.fixture(params=BOTH_STORES)
def stores(request: pytest.FixtureRequest) -> tuple[OperationLog, Accounts]:
    if request.param == "memory":
        log = MemoryLog()
        return log, MemoryAccounts(log.tables)
    real = request.getfixturevalue("postgres_stores")
    return real.log, real.accounts


@pytest.fixture
async def place(stores: tuple[OperationLog, Accounts]) -> Place:
    log, accounts = stores
    name = str(uuid4())
    return Place(log, accounts, await accounts.create_user(f"{name}@example.org", name))


@pytest.fixture(params=BOTH_DIRECTORIES)
def directory(request: pytest.FixtureRequest) -> Directory:
    if request.param == "memory":
        return MemoryDirectory()
    return request.getfixturevalue("redis_directory")


@pytest.fixture(scope="module")
async def redis_directory(redis_url: str):
    directory = RedisDirectory(redis_url)
    yield directory
    await directory.close()


@pytest.fixture(params=BOTH_STORES)
def untidy_house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("postgres_stores"))


@pytest.fixture
async def house(untidy_house: House):
    yield untidy_house
    await untidy_house.tidy()


@pytest.fixture(params=BOTH_STORES)
def opening_post(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Post]:
    if request.param == "memory":
        return memory_post()
    return postgres_post(request.getfixturevalue("postgres_stores"))


@pytest.fixture
async def post(opening_post: AbstractAsyncContextManager[Post]):
    async with opening_post as post:
        yield post


@pytest.fixture
async def real_post(postgres_stores: PostgresStores):
    async with postgres_post(postgres_stores) as post:
        yield post
