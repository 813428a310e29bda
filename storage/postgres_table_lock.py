"""Changing a table while others write to it.

Whoever waits for a lock on a table makes all who come later wait as well: one long report, and
every commit stands. So a change waits only briefly, lets the others through, and tries again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from storage.postgres_connection import AnyConnection
from weft.limits import TABLE_LOCK_ATTEMPTS, TABLE_LOCK_RETRY_SECONDS, TABLE_LOCK_TIMEOUT_MS

Result = TypeVar("Result")


async def briefly(
    connection: AnyConnection,
    change: Callable[[], Awaitable[Result]],
    attempts: int = TABLE_LOCK_ATTEMPTS,
) -> Result:
    """Run `change` in a transaction, all of it or nothing, until it gets its locks.

    Raises asyncpg's LockNotAvailableError (an outage, see storage_errors) after all attempts.
    """
    while True:
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {TABLE_LOCK_TIMEOUT_MS}")
                return await change()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            attempts -= 1
            if attempts <= 0:
                raise
        await asyncio.sleep(TABLE_LOCK_RETRY_SECONDS)
