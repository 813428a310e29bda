"""PostgreSQL and Redis for a command: those that were named, else those of the running system, else
embedded ones, for as long as they are needed. One that is killed meanwhile is started again.
"""

import logging
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.data_dir_file import find_running, hold
from cluster.settings import Settings
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from weft.errors import WeftError

logger = logging.getLogger(__name__)

POSTGRES_NAME = "postgres"
REDIS_NAME = "redis"
LOOK_EVERY_SECONDS = 0.5


@contextmanager
def postgres_server(settings: Settings) -> Iterator[str]:
    """URL of the named PostgreSQL, or of an embedded one that runs meanwhile."""
    if settings.postgres_url is not None:
        yield settings.postgres_url.get_secret_value()
        return
    with kept_running(EmbeddedPostgres(settings.data_dir / POSTGRES_NAME)) as url:
        yield url


@contextmanager
def redis_server(settings: Settings) -> Iterator[str]:
    """URL of the named Redis, or of an embedded one that runs meanwhile."""
    if settings.redis_url is not None:
        yield settings.redis_url.get_secret_value()
        return
    with kept_running(EmbeddedRedis(settings.data_dir / REDIS_NAME)) as url:
        yield url


@contextmanager
def kept_running(server: EmbeddedPostgres | EmbeddedRedis) -> Iterator[str]:
    """Its URL. Stopped in the end."""
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep, args=(server, stopping), name="embedded", daemon=True)
    try:
        url = server.start()
        keeper.start()
        yield url
    finally:
        stopping.set()
        if keeper.is_alive():
            keeper.join()
        server.stop()


def _keep(server: EmbeddedPostgres | EmbeddedRedis, stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_EVERY_SECONDS):
        if server.is_gone:
            logger.warning("%s is gone, and started again", type(server).__name__)
            try:
                server.start()
            except (WeftError, OSError, subprocess.SubprocessError) as error:
                logger.error("%s does not start: %s", type(server).__name__, error)


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
