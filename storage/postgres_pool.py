"""The one door to PostgreSQL for the floors above: `connect`."""

from dataclasses import dataclass
from typing import Final

from storage.postgres_accounts import PostgresAccounts
from storage.postgres_commit import PostgresCommit
from storage.postgres_connection import Pool, create_pool
from storage.postgres_log import PostgresLog

POOL_MAX_CONNECTIONS: Final = 4  # beside the one that commits; of each process


@dataclass(frozen=True, slots=True)
class PostgresStores:
    """What `connect` opens. Close it when done."""

    log: PostgresLog
    accounts: PostgresAccounts
    pool: Pool
    committer: PostgresCommit

    async def close(self) -> None:
        await self.committer.close()
        await self.pool.close()


async def connect(url: str) -> PostgresStores:
    """Open the stores of a migrated database. Raises WeftError storage_unavailable,
    misconfigured.
    """
    pool = await create_pool(url, POOL_MAX_CONNECTIONS)
    committer = PostgresCommit(url)
    return PostgresStores(PostgresLog(pool, committer), PostgresAccounts(pool), pool, committer)
