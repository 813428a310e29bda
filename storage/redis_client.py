"""How Weft connects to Redis, what an outage of it is called, and what is none."""

import time
from collections.abc import Callable, Iterator
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
    """Connects when first used. One retry, for a connection may have died while it was idle; one on
    which Redis is silent is waited for once.
    """
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), retries, (redis.ConnectionError,)),
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


class Silence:
    """Of one Redis: who has waited in vain for as long as one waits is the last for a while, and
    then one asks for all. Called in `with`, as `redis_outages` is.
    """

    def __init__(
        self,
        patience_seconds: float,
        rest_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: seconds."""
        self._patience_seconds = patience_seconds
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._until = float("-inf")

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Raises WeftError storage_unavailable, while it lasts at once."""
        began = self._clock()
        if began < self._until:
            raise WeftError("storage_unavailable", "Redis has just not answered.")
        if self._until > float("-inf"):
            self._until = began + self._patience_seconds  # the others wait for this one's answer
        try:
            with redis_outages():
                yield
            self._until = float("-inf")
        except WeftError:
            now = self._clock()
            is_silent = now - began >= self._patience_seconds
            self._until = now + self._rest_seconds if is_silent else float("-inf")
            raise
