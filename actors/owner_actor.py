"""PROVISIONAL, uncommitted (by the cluster room, to be able to run): replace at will."""

import asyncio
import logging
from typing import Any

import ray

from actors.owner_service import OwnerService
from storage.postgres_pool import connect
from storage.redis_directory import RedisDirectory


@ray.remote
class OwnerActor:
    def __init__(self, owner_id: str, postgres_url: str, redis_url: str, secret: str, host: str) -> None:
        logging.basicConfig(level=logging.INFO)
        self.a = (owner_id, postgres_url, redis_url, secret, host)
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def start(self) -> Any:
        await asyncio.shield(self._starting)

    async def stop(self) -> None:
        await self.service.stop()
        await self.stores.close()
        await self.directory.close()

    async def status(self) -> dict[str, Any]:
        await asyncio.shield(self._starting)
        return self.service.status()

    async def _start(self) -> None:
        owner_id, pg, rd, secret, host = self.a
        self.stores = await connect(pg)
        self.directory = RedisDirectory(rd)
        self.service = OwnerService(owner_id, self.stores.log, self.stores.accounts, self.directory, secret=secret, host=host)
        await self.service.start()
