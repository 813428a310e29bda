"""A gateway on memory twins, with settings of the test's own."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_tables import MemoryTables
from tests.gateway.fake_owner import FakeOwner
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, World


@asynccontextmanager
async def door_world(**settings: Any) -> AsyncIterator[World]:
    tables = MemoryTables(clock=time.time)
    accounts, directory = MemoryAccounts(tables), MemoryDirectory()
    async with FakeOwner() as owner:
        await directory.announce_owner(owner.address, 60)
        given = GatewaySettings("gateway-1", LINK_SECRET, ADMIN_KEY, http_port=None, **settings)
        service = GatewayService(given, accounts, directory)
        await service.start()
        try:
            yield World(service, owner, accounts, directory, tables)
        finally:
            await service.stop()
