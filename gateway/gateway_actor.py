"""The gateway as a Ray actor: Ray places, names, restarts and observes it, nothing more.

Made by `GatewayActor.options(...).remote(settings, postgres_url, redis_url, telemetry)`. The
constructor starts the service, so one that Ray has restarted comes back by itself.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

import ray

import weft
from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.postgres_pool import PostgresStores, connect
from storage.redis_directory import RedisDirectory
from storage.redis_identity import redis_identity
from storage.redis_presence import RedisPresence
from storage.shared_identity import SharedIdentity
from weft.measures import Measures
from weft.settled_heap import settle_heap
from weft.tracing import Telemetry

RESTART_RETRY_SECONDS = 1.0

log = logging.getLogger("weft.gateway.actor")


@ray.remote
class GatewayActor:
    def __init__(
        self, settings: GatewaySettings, postgres_url: str, redis_url: str, telemetry: Telemetry
    ) -> None:
        self._order = (settings, postgres_url, redis_url, telemetry)
        self._measures = Measures()
        self._tracer = telemetry.begin(settings.gateway_id, self._measures)
        if ray.get_runtime_context().was_current_actor_reconstructed:
            self._measures.count("restarts")
        self._settings = settings
        self._postgres_url = postgres_url
        self._redis_url = redis_url
        self._directory = RedisDirectory(redis_url)
        self._shared: SharedIdentity | None = None
        self._stack = AsyncExitStack()
        self._presence = RedisPresence(redis_url)
        self._stores: PostgresStores | None = None
        self._service: GatewayService | None = None
        self._presence.start()
        self._starting = asyncio.get_running_loop().create_task(self._start())

    def __repr__(self) -> str:
        """As the Ray dashboard shows it, and its logs."""
        return f"{self._settings.gateway_id}, Weft {weft.__version__}"

    async def start(self) -> dict[str, str]:
        """Wait until it serves: {"ws": url, "http": url}. Raises what kept it from starting."""
        service = await asyncio.shield(self._starting)
        return {"ws": service.ws_url, "http": service.http_url}

    def node_id(self) -> str:
        """Of the Ray node it runs on."""
        return str(ray.get_runtime_context().get_node_id())

    def life(self) -> str:
        """Differs after every restart."""
        return str(ray.get_runtime_context().get_worker_id())

    def order(self) -> tuple[Any, ...]:
        """What it was made of: another like it can be made."""
        return self._order

    async def stop(self, is_relieved: bool = False) -> None:
        """Send every client elsewhere, then close everything."""
        self._starting.cancel()
        if self._service is not None:
            await self._service.stop(is_relieved=is_relieved)
        await self._stack.aclose()
        if self._stores is not None:
            await self._stores.close()
        await self._presence.close()
        await self._directory.close()

    async def status(self) -> dict[str, Any]:
        """Counts, as JSON."""
        service = await asyncio.shield(self._starting)
        return service.status()

    async def _start(self) -> GatewayService:
        while True:
            try:
                return await self._start_once()
            except Exception:
                if not ray.get_runtime_context().was_current_actor_reconstructed:
                    raise  # whoever starts the system is told
                log.exception("gateway %s does not start yet", self._settings.gateway_id)
                await asyncio.sleep(RESTART_RETRY_SECONDS)

    async def _start_once(self) -> GatewayService:
        self._stores = self._stores or await connect(self._postgres_url)
        stores = api_stores(self._stores)
        if self._shared is None:
            opening = redis_identity(self._redis_url, self._stores.pool)
            self._shared = await self._stack.enter_async_context(opening)
        service = GatewayService(
            self._settings,
            stores.identity.sessions,
            self._directory,
            stores,
            shared=self._shared,
            measures=self._measures,
            tracer=self._tracer,
            presence=self._presence,
        )
        await service.start()
        self._service = service
        settle_heap()
        return service
