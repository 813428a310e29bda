"""Embedded servers survive their parents, and a start on the same directory finds them or heals."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from storage.embedded_socket import SOCKET_PATH_MAX_BYTES, remove_socket_directory, socket_directory

pytestmark = pytest.mark.store

PARENT = """
import os, signal, sys
from pathlib import Path
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
EmbeddedPostgres(Path(sys.argv[1]) / "postgres").start()
EmbeddedRedis(Path(sys.argv[1]) / "redis").start()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def directory(server_directory: Path) -> Iterator[Path]:
    """Shared, for to make a database takes seconds on a busy disk; its servers are stopped."""
    directory = server_directory / "embedded"
    directory.mkdir(exist_ok=True)
    yield directory
    EmbeddedPostgres(directory / "postgres").stop()
    EmbeddedRedis(directory / "redis").stop()


async def answer(url: str, query: str = "SELECT 1") -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_servers_that_a_killed_parent_has_left_are_used_again(directory: Path):
    command = [sys.executable, "-W", "error", "-c", PARENT, str(directory)]
    killed = await asyncio.to_thread(subprocess.run, command, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    postgres, cache = EmbeddedPostgres(directory / "postgres"), EmbeddedRedis(directory / "redis")
    pid_file = directory / "postgres" / "postmaster.pid"
    before = pid_file.read_text().split()[0]
    assert await answer(postgres.start()) == 1
    assert pid_file.read_text().split()[0] == before
    pid = int((directory / "redis" / "pid").read_text())
    with redis.Redis.from_url(cache.start()) as client:
        assert client.info()["process_id"] == pid


async def test_starting_and_stopping_twice_is_as_once(directory: Path):
    postgres, cache = EmbeddedPostgres(directory / "postgres"), EmbeddedRedis(directory / "redis")
    assert postgres.start() == postgres.start()
    assert cache.start() == cache.start()
    for server in (postgres, cache):
        server.stop()
        server.stop()
    assert await answer(postgres.start()) == 1


async def test_a_lock_file_with_the_number_of_another_program_does_not_stop_postgres(
    directory: Path,
):
    """As after a reboot, when process numbers are given anew."""
    postgres = EmbeddedPostgres(directory / "postgres")
    postgres.start()
    stale = (directory / "postgres" / "postmaster.pid").read_text()
    postgres.stop()
    mine = "\n".join([str(os.getpid()), *stale.splitlines()[1:]])
    (directory / "postgres" / "postmaster.pid").write_text(mine)
    assert await answer(postgres.start()) == 1


async def test_servers_listen_on_no_network(directory: Path):
    url = EmbeddedPostgres(directory / "postgres").start()
    assert await answer(url, "SHOW listen_addresses") == ""
    with redis.Redis.from_url(EmbeddedRedis(directory / "redis").start()) as client:
        assert client.config_get("port") == {"port": "0"}


def test_a_path_too_long_for_a_socket_gets_a_short_and_private_one(tmp_path: Path):
    short = tmp_path / "x"
    assert socket_directory(Path("/x"), "redis.sock") == Path("/x")
    long = short / ("y" * SOCKET_PATH_MAX_BYTES)
    found = socket_directory(long, "redis.sock")
    try:
        assert len(os.fsencode(found / "redis.sock")) <= SOCKET_PATH_MAX_BYTES
        assert found.stat().st_mode & 0o077 == 0
        assert socket_directory(long, "redis.sock") == found
    finally:
        remove_socket_directory(long, "redis.sock")
    assert not found.exists()


async def test_servers_work_under_a_path_too_long_for_a_socket(directory: Path):
    deep = directory / ("d" * SOCKET_PATH_MAX_BYTES)
    deep.mkdir()
    if (directory / "postgres").exists():
        (directory / "postgres").rename(deep / "postgres")
    postgres, cache = EmbeddedPostgres(deep / "postgres"), EmbeddedRedis(deep / "redis")
    assert await answer(postgres.start()) == 1
    with redis.Redis.from_url(cache.start()) as client:
        assert client.ping()
    postgres.stop()
    cache.stop()
    (deep / "postgres").rename(directory / "postgres")
