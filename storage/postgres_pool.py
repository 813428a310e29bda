"""The one door to PostgreSQL for the floors above: `connect`."""

from dataclasses import dataclass
from typing import Final

from storage.accounts import IdentityAccounts
from storage.identity_ports import IdentityStores
from storage.postgres_commit import PostgresCommit
from storage.postgres_connection import Pool, create_pool
from storage.postgres_identity import identity_stores
from storage.postgres_log import PostgresLog

POOL_MAX_CONNECTIONS: Final = 4  # beside the one that commits; of each process


@dataclass(frozen=True, slots=True)
class PostgresStores:
    """What `connect` opens. Close it when done."""

    log: PostgresLog
    accounts: IdentityAccounts
    pool: Pool
    committer: PostgresCommit
    identity: IdentityStores

    async def close(self) -> None:
        await self.committer.close()
        await self.pool.close()


async def connect(url: str) -> PostgresStores:
    """Open the stores of a migrated database. Raises WeftError storage_unavailable,
    misconfigured.
    """
    pool = await create_pool(url, POOL_MAX_CONNECTIONS)
    committer = PostgresCommit(url)
    identity = identity_stores(pool)
    log, accounts = PostgresLog(pool, committer), IdentityAccounts(identity)
    return PostgresStores(log, accounts, pool, committer, identity)
