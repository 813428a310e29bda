"""Partitions are made before they are needed, and old ones go when nothing needs them any more.

The order is what makes it safe at every point where it may be cut short: first the log of each
dashboard says that it begins later (from here on nobody asks for what lies before), then what it
no longer leads on from is forgotten, and at last, in one transaction that looks again, the
partition goes.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from storage.postgres_connection import Pool, PooledConnection, storage_errors
from storage.postgres_statements import statements
from storage.postgres_table_lock import briefly
from storage.retention import LOG, TRAIL, Retention, Retired
from weft.limits import (
    PARTITIONS_AHEAD_MONTHS,
    RETENTION_BATCH_DASHBOARDS,
    RETENTION_LOCK_ATTEMPTS,
    RETENTION_TIMEOUT_SECONDS,
)

ADVISORY_KEY: Final = 0x57454657  # of one who retires; next to the key of migrations
HELD_SHOWN: Final = 20  # dashboards named for one partition


class Partition(NamedTuple):
    parent: str
    name: str  # quoted, if it must be


class PostgresRetention:
    """Safe to run from many processes at once: one of them does it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("retention")

    async def make_partitions(self, months_ahead: int = PARTITIONS_AHEAD_MONTHS) -> list[str]:
        """Of the coming months, and for what lies in the default partitions. The new ones."""
        made: list[str] = []
        with storage_errors():
            async with self._pool.acquire() as connection:
                for table in (LOG, TRAIL):
                    make = partial(
                        connection.fetch, self._sql["make_partitions"], table, months_ahead
                    )
                    made += [row[0] for row in await briefly(connection, make)]
        return made

    async def retire(self, retention: Retention, now: datetime | None = None) -> Retired:
        """Let go what the policy does not keep, as far as nothing needs it.

        Nothing happens while another process is at it. Raises WeftError storage_unavailable.
        """
        retired = Retired()
        with storage_errors():
            async with self._pool.acquire() as connection:
                if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", ADVISORY_KEY):
                    return retired
                try:
                    for table, cutoff in retention.cutoffs(now or datetime.now(UTC)).items():
                        for row in await self._fetch(connection, "old_partitions", table, cutoff):
                            partition = Partition(table, row["name"])
                            await self._retire(connection, partition, retention.drops, retired)
                finally:
                    await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_KEY)
        return retired

    async def _retire(
        self, connection: PooledConnection, partition: Partition, drops: bool, retired: Retired
    ) -> None:
        is_log = partition.parent == LOG
        try:
            held = await self._begin_later(connection, partition) if is_log else ()
            if not held:
                let_go = partial(self._let_go, connection, partition, drops)
                held = await briefly(connection, let_go, RETENTION_LOCK_ATTEMPTS)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            retired.busy.append(partition.name)
            return
        if held:
            retired.held[partition.name] = held
        else:
            retired.gone.append(partition.name)

    async def _begin_later(
        self, connection: PooledConnection, partition: Partition
    ) -> tuple[UUID, ...]:
        """Where the log leads on without the partition, it begins from now on; if it does not
        everywhere, nothing has changed, and these are some of the dashboards that hold it.
        """
        needed = await self._uncovered(connection, partition)
        held = tuple(row["id"] for row in needed if row["start_version"] is None)
        if held:
            return held[:HELD_SHOWN]
        for at in range(0, len(needed), RETENTION_BATCH_DASHBOARDS):
            batch = needed[at : at + RETENTION_BATCH_DASHBOARDS]
            ids = [row["id"] for row in batch]
            starts = [row["start_version"] for row in batch]
            await self._fetch(connection, "raise_start", ids, starts)
            await self._fetch(connection, "forget_checkpoints", ids)
        return ()

    async def _let_go(
        self, connection: PooledConnection, partition: Partition, drops: bool
    ) -> tuple[UUID, ...]:
        """In a transaction. Empty: it is gone; otherwise who has written there meanwhile."""
        await self._fetch(connection, "keep_out", partition=partition)
        if partition.parent == LOG:
            needed = await self._uncovered(connection, partition)
            if needed:
                return tuple(row["id"] for row in needed[:HELD_SHOWN])
        await self._fetch(connection, "detach", partition=partition)
        if drops:
            await self._fetch(connection, "drop", partition=partition)
        return ()

    async def _uncovered(
        self, connection: PooledConnection, partition: Partition
    ) -> list[asyncpg.Record]:
        return await self._fetch(connection, "uncovered", partition=partition)

    async def _fetch(
        self,
        connection: PooledConnection,
        name: str,
        *arguments: Any,
        partition: Partition | None = None,
    ) -> list[asyncpg.Record]:
        query = self._sql[name]
        if partition is not None:
            query = query.format(parent=partition.parent, partition=partition.name)
        return await connection.fetch(query, *arguments, timeout=RETENTION_TIMEOUT_SECONDS)
