"""What has to be done now and then, by whichever process comes to it: one after the other, and a
chore that fails does not keep the others from being done.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from storage.postgres_connection import Pool
from storage.postgres_idempotency import PostgresIdempotencyKeys
from storage.postgres_outbox import PostgresOutbox
from storage.postgres_retention import PostgresRetention
from storage.retention import Retention
from weft.errors import WeftError
from weft.limits import OUTBOX_KEEP_SECONDS, UPKEEP_EVERY_SECONDS

Chore: TypeAlias = Callable[[], Awaitable[Any]]

logger = logging.getLogger(__name__)


def chores(pool: Pool, retention: Retention) -> dict[str, Chore]:
    """All of PostgreSQL's; each is safe to do in many processes at once."""
    partitions, outbox = PostgresRetention(pool), PostgresOutbox(pool)
    return {
        "partitions made": partitions.make_partitions,
        "partitions retired": partial(partitions.retire, retention),
        "deliveries forgotten": partial(outbox.purge_delivered, OUTBOX_KEEP_SECONDS),
        "idempotency keys forgotten": PostgresIdempotencyKeys(pool).purge_expired,
    }


async def keep_up(every: Mapping[str, Chore], seconds: float = UPKEEP_EVERY_SECONDS) -> None:
    """Do them now, and then again and again, until cancelled."""
    while True:
        for name, chore in every.items():
            try:
                done = await chore()
            except WeftError as error:
                logger.warning("upkeep, %s: %s [%s]", name, error.message, error.code)
            except Exception:
                logger.exception("upkeep, %s", name)
            else:
                if done:
                    logger.info("upkeep, %s: %s", name, done)
        await asyncio.sleep(seconds)
