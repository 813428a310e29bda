"""PostgreSQL and Redis for a command: those that were named, else those of the running system, else
embedded ones, for as long as they are needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.data_dir_file import find_running, hold
from cluster.settings import Settings
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from weft.errors import WeftError

POSTGRES_NAME = "postgres"
REDIS_NAME = "redis"


@contextmanager
def postgres_server(settings: Settings) -> Iterator[str]:
    """URL of the named PostgreSQL, or of an embedded one that runs meanwhile."""
    if settings.postgres_url is not None:
        yield settings.postgres_url.get_secret_value()
        return
    server = EmbeddedPostgres(settings.data_dir / POSTGRES_NAME)
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def redis_server(settings: Settings) -> Iterator[str]:
    """URL of the named Redis, or of an embedded one that runs meanwhile."""
    if settings.redis_url is not None:
        yield settings.redis_url.get_secret_value()
        return
    server = EmbeddedRedis(settings.data_dir / REDIS_NAME)
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def existing_postgres(settings: Settings) -> Iterator[str]:
    """URL of the PostgreSQL that holds the data, whether the system runs or not.

    Raises WeftError misconfigured when there is none.
    """
    if settings.postgres_url is not None:
        yield settings.postgres_url.get_secret_value()
    elif (running := find_running(settings.data_dir)) is not None:
        yield running.postgres_url
    elif (settings.data_dir / POSTGRES_NAME).exists():
        with hold(settings.data_dir), postgres_server(settings) as url:
            yield url
    else:
        message = (
            f"There is no Weft data in {settings.data_dir}: "
            "name where it is with --data-dir or --postgres-url."
        )
        raise WeftError("misconfigured", message)
