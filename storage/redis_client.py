"""How Weft connects to Redis, and what an outage of it is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from weft.errors import WeftError

MAX_CONNECTIONS: Final = 8
OUTAGES: Final = (
    OSError,
    redis.ConnectionError,
    redis.TimeoutError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.MasterDownError,
)


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
def redis_outages(*also: type[Exception]) -> Iterator[None]:
    """`also`: what else counts as one to the caller."""
    outages: tuple[type[Exception], ...] = (*OUTAGES, *also)
    try:
        yield
    except outages as error:
        message = "Redis does not answer now."
        raise WeftError("storage_unavailable", message, cause=type(error).__name__) from error
