"""The owner as a Ray actor: Ray places, names, restarts and observes it, nothing more.

Made by `OwnerActor.options(...).remote(settings, postgres_url, redis_url, telemetry)`. The
constructor starts the service, so one that Ray has restarted comes back by itself.
"""

import asyncio
import logging
from typing import Any
from uuid import UUID

import ray

import weft
from actors.owner_service import OwnerService
from actors.owner_settings import OwnerSettings
from storage.ports import OwnerAddress
from storage.postgres_pool import PostgresStores, connect
from storage.redis_directory import RedisDirectory
from storage.upkeep_loop import chores, keep_up
from weft.measures import Measures
from weft.plugins.plugin_service import Plugins
from weft.settled_heap import settle_heap
from weft.tracing import Telemetry

RESTART_RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


@ray.remote
class OwnerActor:
    def __init__(
        self, settings: OwnerSettings, postgres_url: str, redis_url: str, telemetry: Telemetry
    ) -> None:
        self._order = (settings, postgres_url, redis_url, telemetry)
        self._measures = Measures()
        self._tracer = telemetry.begin(settings.owner_id, self._measures)
        if ray.get_runtime_context().was_current_actor_reconstructed:
            self._measures.count("restarts")
        self._settings = settings
        self._postgres_url = postgres_url
        self._directory = RedisDirectory(redis_url)
        self._stores: PostgresStores | None = None
        self._service: OwnerService | None = None
        self._upkeep: asyncio.Task[None] | None = None
        self._starting = asyncio.get_running_loop().create_task(self._start())

    def __repr__(self) -> str:
        """As the Ray dashboard shows it, and its logs."""
        return f"{self._settings.owner_id}, Weft {weft.__version__}"

    async def start(self) -> OwnerAddress:
        """Wait until it hosts. Raises what kept it from starting."""
        _, address = await asyncio.shield(self._starting)
        return address

    def node_id(self) -> str:
        """Of the Ray node it runs on."""
        return str(ray.get_runtime_context().get_node_id())

    def life(self) -> str:
        """Differs after every restart."""
        return str(ray.get_runtime_context().get_worker_id())

    def order(self) -> tuple[Any, ...]:
        """What it was made of: another like it can be made."""
        return self._order

    async def drain(self) -> int:
        """Give every dashboard to other owners, live; how many went."""
        service, _ = await asyncio.shield(self._starting)
        return await service.drain()

    async def stay(self) -> None:
        """It was drained, and is not to stop after all."""
        service, _ = await asyncio.shield(self._starting)
        service.stay()

    async def report(self) -> dict[str, Any]:
        """The fields of weft.wire.cluster.OwnerReport that are its own."""
        service, _ = await asyncio.shield(self._starting)
        return service.report()

    async def move(self, dashboard_id: UUID, heir: OwnerAddress) -> int:
        """Give this one; the version at which it went. Raises what `OwnerService.move` raises."""
        service, _ = await asyncio.shield(self._starting)
        return await service.move(dashboard_id, heir)

    async def stop(self) -> None:
        """Send everyone elsewhere, write the checkpoints, close everything."""
        self._starting.cancel()
        if self._upkeep is not None:
            self._upkeep.cancel()
        if self._service is not None:
            await self._service.stop()
        if self._stores is not None:
            await self._stores.close()
        await self._directory.close()

    async def status(self) -> dict[str, Any]:
        """Counts, as JSON."""
        service, _ = await asyncio.shield(self._starting)
        return service.status()

    async def _start(self) -> tuple[OwnerService, OwnerAddress]:
        while True:
            try:
                return await self._start_once()
            except Exception:
                if not ray.get_runtime_context().was_current_actor_reconstructed:
                    raise  # whoever starts the system is told
                logger.exception("owner %s does not start yet", self._settings.owner_id)
                await asyncio.sleep(RESTART_RETRY_SECONDS)

    async def _start_once(self) -> tuple[OwnerService, OwnerAddress]:
        self._stores = self._stores or await connect(self._postgres_url)
        service = OwnerService(
            self._settings.owner_id,
            self._stores.log,
            self._stores.identity.sharing,
            self._directory,
            secret=self._settings.link_secret,
            host=self._settings.host,
            address=self._settings.address,
            measures=self._measures,
            tracer=self._tracer,
            plugins=Plugins.of(self._settings.plugins, self._settings.widget_schemas),
        )
        address = await service.start()
        self._service = service
        upkeep = keep_up(chores(self._stores.pool, self._settings.retention))
        self._upkeep = asyncio.get_running_loop().create_task(upkeep)
        settle_heap()
        return service, address
