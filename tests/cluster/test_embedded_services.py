"""An embedded server that is killed is started again, where it was, with what it held durably."""

import os
import signal
from pathlib import Path

import asyncpg
import pytest
import redis

from cluster.embedded_services import kept_running
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from tests.storage.making import until

pytestmark = pytest.mark.store


async def test_an_embedded_redis_that_is_killed_is_started_again(server_directory: Path) -> None:
    server = EmbeddedRedis(server_directory / "redis-to-keep")
    with kept_running(server) as url, redis.Redis.from_url(url) as client:
        first = client.info()["process_id"]
        os.kill(first, signal.SIGKILL)

        async def is_another() -> bool:
            return process_of(client) not in (None, first)

        await until(is_another)
    assert server.is_gone, "it is stopped in the end, and stays so"


def process_of(client: redis.Redis) -> int | None:
    try:
        return int(client.info()["process_id"])
    except redis.ConnectionError:
        return None


async def test_law2_an_embedded_postgresql_that_is_killed_is_started_again_with_all_it_held(
    server_directory: Path,
) -> None:
    server = EmbeddedPostgres(server_directory / "postgres-to-keep")
    with kept_running(server) as url:
        await ask(url, "CREATE TABLE durable AS SELECT 41 AS value")
        os.kill(int((server.directory / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

        async def counts() -> bool:
            return await ask(url, "UPDATE durable SET value = value + 1") == "UPDATE 1"

        await until(counts)
        assert await value(url) == 42
    assert server.is_gone


async def ask(url: str, query: str) -> str | None:
    """Its status, as "UPDATE 1". None: the server does not answer."""
    try:
        connection = await asyncpg.connect(url)
        try:
            return await connection.execute(query)
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None


async def value(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT value FROM durable")
    finally:
        await connection.close()
