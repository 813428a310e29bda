"""The epoch of the caches: a sequence, so raising it waits for nobody and is seen at once."""

from storage.postgres_connection import Pool, storage_errors


class PostgresCacheEpoch:
    """The port `Epochs`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def epoch(self) -> int:
        with storage_errors():
            epoch: int = await self._pool.fetchval(
                "SELECT last_value + is_called::INTEGER FROM cache_epoch"
            )
        return epoch

    async def raise_epoch(self) -> None:
        with storage_errors():
            await self._pool.execute("SELECT nextval('cache_epoch')")
