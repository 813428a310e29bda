"""Idempotency keys in PostgreSQL. See `complete_within` for a write that is exactly once."""

from storage.delivery_ports import StoredAnswer
from storage.delivery_rows import check_key
from storage.postgres_connection import AnyConnection, Pool, storage_errors
from storage.postgres_statements import statements
from weft.errors import WeftError


async def complete_within(
    connection: AnyConnection,
    actor: str,
    key: str,
    fingerprint: bytes,
    answer: StoredAnswer,
    *,
    ttl_seconds: float,
) -> None:
    """Keep the answer in the transaction of the change: then both are there, or neither.

    Without it a crash between the change and its answer lets the change be made again.
    """
    statement = statements("idempotency")["complete"]
    await connection.execute(
        statement, actor, key, fingerprint, answer.status, answer.response, ttl_seconds
    )


class PostgresIdempotencyKeys:
    """The port `IdempotencyKeys`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("idempotency")

    async def claim(
        self, actor: str, key: str, fingerprint: bytes, lease_seconds: float
    ) -> StoredAnswer | None:
        check_key(actor, key)
        with storage_errors():
            while True:
                claimed = await self._pool.fetchval(
                    self._sql["claim"], actor, key, fingerprint, lease_seconds
                )
                if claimed is not None:
                    return None
                row = await self._pool.fetchrow(self._sql["known"], actor, key)
                if row is None:  # released since: it is free
                    continue
                if row["fingerprint"] != fingerprint:
                    raise WeftError("id_reused", "This key came with another request.")
                if row["status"] is None:
                    raise WeftError("in_flight", "The request with this key is under way.")
                return StoredAnswer(row["status"], row["response"])

    async def complete(
        self, actor: str, key: str, fingerprint: bytes, answer: StoredAnswer, ttl_seconds: float
    ) -> None:
        with storage_errors():
            async with self._pool.acquire() as connection:
                await complete_within(
                    connection, actor, key, fingerprint, answer, ttl_seconds=ttl_seconds
                )

    async def release(self, actor: str, key: str, fingerprint: bytes) -> None:
        with storage_errors():
            await self._pool.execute(self._sql["release"], actor, key, fingerprint)

    async def purge_expired(self) -> int:
        with storage_errors():
            return int(await self._pool.fetchval(self._sql["purge_expired"]))
