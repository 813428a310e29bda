"""How Weft connects to Redis, what an outage of it is called, and what is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from weft.errors import WeftError

MAX_CONNECTIONS: Final = 8


def redis_client(
    url: str, timeout_seconds: float, retries: int = 1, **options: Any
) -> redis.asyncio.Redis:
    """Connects when first used. One retry, for a connection may have died while it was idle."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), retries),
        **options,
    )
    return redis.asyncio.Redis.from_pool(pool)


@contextmanager
def redis_outages() -> Iterator[None]:
    """Every error of Redis is an outage: it is away, full, read only, busy, refuses us, or has no
    replica or disk to write to. Weft goes on without it in each case.
    """
    try:
        yield
    except (OSError, redis.RedisError) as error:
        message = "Redis does not answer now."
        raise WeftError("storage_unavailable", message, cause=type(error).__name__) from error


def is_of_another_type(error: Exception) -> bool:
    """A stranger's value stands under one of our names: that is no outage."""
    return isinstance(error, redis.ResponseError) and str(error).startswith("WRONGTYPE")
