"""A gateway is relieved by another on the same ports: each client is sent away, and is back."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

import weft
from gateway.service import GatewayService, GatewaySettings
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET
from tests.gateway.http_world import HttpWorld
from weft import limits

pytestmark = pytest.mark.store
CLIENTS = 4


async def test_law3_editors_go_on_when_their_gateway_is_relieved(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GOAWAY_SPREAD_MS", 200)
    first = GatewayService(
        GatewaySettings("gateway-first", LINK_SECRET, ADMIN_KEY),
        api.stores.identity.sessions,
        api.directory,
        api.stores,
    )
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    async with AsyncExitStack() as stack:
        await first.start()
        ports = [int(url.rpartition(":")[2]) for url in (first.ws_url, first.http_url)]
        relief = GatewayService(
            replace(first.settings, gateway_id="relief", ws_port=ports[0], http_port=ports[1]),
            api.stores.identity.sessions,
            api.directory,
            api.stores,
        )
        boards = []
        for _ in range(CLIENTS):
            client = await stack.enter_async_context(weft.connect(first.ws_url, ann.token))
            boards.append(await client.join(dashboard.id))
        await relief.start()
        stack.push_async_callback(relief.stop)
        async with asyncio.timeout(60):
            await first.stop(is_relieved=True)
        for number, board in enumerate(boards):
            board.insert(None, ["title"], 0, str(number))
            await board.saved(60)
        assert relief.status()["sessions"] == CLIENTS
        title = (await ann.api.dashboards.read(dashboard.id)).title
        assert sorted(title) == sorted("Sales" + "".join(map(str, range(CLIENTS))))
