"""A gateway before a real owner, both on memory twins: Ann, her dashboard, and raw clients."""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from websockets.asyncio.client import connect

from actors.owner_service import OwnerService
from gateway.client_connection_loop import ClientConnection
from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, Client


@dataclass
class OwnedWorld:
    service: GatewayService
    owner: OwnerService
    accounts: MemoryAccounts
    user_id: UUID
    dashboard_id: UUID

    def connections(self) -> list[ClientConnection]:
        return list(self.service._sockets._clients)

    async def token(self, user_id: UUID | None = None) -> str:
        token = uuid4().hex
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        await self.accounts.create_session(user_id or self.user_id, token_hash, 3_600)
        return token

    async def client(self, user_id: UUID | None = None, **options: Any) -> Client:
        """That has said hello."""
        client = Client(await connect(self.service.ws_url, proxy=None, **options))
        assert (await client.hello(await self.token(user_id)))["type"] == "welcome"
        return client


@asynccontextmanager
async def owned_world() -> AsyncIterator[OwnedWorld]:
    tables = MemoryTables(clock=time.time)
    accounts, directory = MemoryAccounts(tables), MemoryDirectory(time.monotonic)
    owner = OwnerService("owner-1", MemoryLog(tables), accounts, directory, secret=LINK_SECRET)
    await owner.start()
    settings = GatewaySettings("gateway-1", LINK_SECRET, ADMIN_KEY, http_port=None)
    service = GatewayService(settings, accounts, directory)
    await service.start()
    user_id = await accounts.create_user("ann@example.org", "ann")
    dashboard_id = await accounts.create_dashboard(user_id, "Sales")
    try:
        yield OwnedWorld(service, owner, accounts, user_id, dashboard_id)
    finally:
        await service.stop()
        await owner.stop()
