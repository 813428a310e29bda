"""L2 in Redis. A connection learns to which run of Redis it leads before it is used."""

import re
from collections.abc import Sequence
from importlib.resources import files
from secrets import token_hex
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection

from storage.cache import Busy, Claim, Entry, Look, Unchanged
from storage.redis_client import redis_client, redis_outages
from weft.errors import WeftError
from weft.limits import CACHE_BARRIER_SECONDS, CACHE_CLAIM_SECONDS, CACHE_TIMEOUT_SECONDS

BAR: Final = b"b|||"
_RUN: Final = re.compile(rb"^run_id:(\w+)", re.MULTILINE)


class RedisCache:
    """The port `SharedCache`. Connects when first used."""

    def __init__(self, url: str) -> None:
        self._run = ""  # of Redis, as the newest connection has learned it
        self._redis = redis_client(url, CACHE_TIMEOUT_SECONDS, redis_connect_func=self._learn_run)
        self._look = self._redis.register_script(_script("cache_look"))
        self._fill = self._redis.register_script(_script("cache_fill"))

    async def close(self) -> None:
        await self._redis.aclose()

    async def look(self, key: str, epoch: int, known: str | None) -> Look:
        token = token_hex(8)
        for _ in range(2):  # a first connection, or one after a restart, teaches another run
            run = self._run
            mark = f"c|{epoch}.{run}|{token}|".encode()
            claim_ms = round(CACHE_CLAIM_SECONDS * 1000)
            with redis_outages():
                answer = await self._look(
                    keys=[key], args=[f"{epoch}.{run}", known or "", mark, claim_ms]
                )
            if run == self._run:
                return _read(answer, Claim(token, mark))
        raise WeftError("storage_unavailable", "Redis restarts all the time.")

    async def fill(self, key: str, claim: Claim, raw: bytes, ttl_seconds: float) -> None:
        entry = b"v" + claim.mark[1:] + raw
        with redis_outages():
            await self._fill(keys=[key], args=[claim.mark, entry, round(ttl_seconds * 1000)])

    async def bar(self, keys: Sequence[str]) -> None:
        with redis_outages():
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.set(key, BAR, px=round(CACHE_BARRIER_SECONDS * 1000))
                await pipe.execute()

    async def forget(self, keys: Sequence[str]) -> None:
        with redis_outages():
            await self._redis.delete(*keys)

    async def _learn_run(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        answer = await connection.read_response()
        found = _RUN.search(answer if isinstance(answer, bytes) else str(answer).encode())
        self._run = found[1].decode() if found else "unknown"


def _read(answer: Any, claim: Claim) -> Look:
    match answer:
        case [0]:
            return Unchanged()
        case [1, bytes(token), bytes(raw)]:
            return Entry(token.decode(errors="replace"), raw)
        case [2]:
            return claim
    return Busy()


def _script(name: str) -> str:
    return files("storage").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
