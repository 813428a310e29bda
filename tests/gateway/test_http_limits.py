"""Law 7 and law 9 over HTTP: too much, too slow, too many."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from cluster.http_tls_trust import local_admin
from gateway.doorway import Bounds
from gateway.http_server import HttpServer
from gateway.rate_limit import Rate
from gateway.service import GatewayService, GatewaySettings
from gateway.tls_file import TlsFiles
from tests.gateway.certificate import certificate
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, soon
from tests.gateway.http_world import HttpWorld, problem
from weft.client.admin import AdminClient
from weft.errors import WeftError

pytestmark = pytest.mark.store


class Beside:
    """Another gateway on the same stores, with settings of its own."""

    def __init__(self, api: HttpWorld, stack: AsyncExitStack) -> None:
        self._api = api
        self._stack = stack

    async def gateway(self, **settings: Any) -> GatewayService:
        service = GatewayService(
            GatewaySettings("gateway-beside", LINK_SECRET, ADMIN_KEY, **settings),
            self._api.stores.identity.sessions,
            self._api.directory,
            self._api.stores,
        )
        await service.start()
        self._stack.push_async_callback(service.stop)
        return service


@pytest.fixture
async def beside(api: HttpWorld) -> AsyncIterator[Beside]:
    async with AsyncExitStack() as stack:
        yield Beside(api, stack)


async def raw(service: GatewayService) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(service.http_url)
    return await asyncio.open_connection(where.hostname, where.port)


async def is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        return await soon(reader.read(1)) == b""
    except ConnectionResetError:
        return True


async def test_law7_a_user_who_asks_too_frequently_is_told_how_long_to_wait(
    api: HttpWorld, beside: Beside
) -> None:
    rates = {"operations": Rate(2, 60_000), "connections": Rate(9, 1_000)}
    service = await beside.gateway(rates=rates, global_rates={})
    ann, bob = await api.person(), await api.person()
    async with httpx.AsyncClient(base_url=service.http_url, trust_env=False, timeout=60) as http:
        mine = {"Authorization": f"Bearer {ann.token}"}
        answers = [await http.get("/api/users/me", headers=mine) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        told = problem(answers[2], 429, "rate_limited")
        assert 0 < told["retryAfterMs"] <= 60_000
        assert 0 < int(answers[2].headers["Retry-After"]) <= 60
        others = {"Authorization": f"Bearer {bob.token}"}
        assert (await http.get("/api/users/me", headers=others)).status_code == 200
        host = {"Authorization": f"Bearer {ADMIN_KEY}"}
        for _ in range(4):
            assert (await http.get("/api/users", headers=host)).status_code == 200


async def test_a_head_that_does_not_come_is_not_waited_for(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.limits.HTTP_HEAD_TIMEOUT_SECONDS", 0.05)
    service = await beside.gateway()
    for begun in (b"", b"GET /health HTTP/1.1\r\nHost: here\r\nX-Slow: "):
        reader, writer = await raw(service)
        writer.write(begun)
        assert await is_cut(reader)
        writer.close()


async def test_a_tls_handshake_that_does_not_come_is_not_waited_for(
    beside: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes before the doorway counts anybody, so nothing else ends it."""
    monkeypatch.setattr("weft.limits.HTTP_HEAD_TIMEOUT_SECONDS", 0.05)
    service = await beside.gateway(tls=TlsFiles(*certificate(tmp_path)))
    reader, writer = await raw(service)
    assert await is_cut(reader)
    writer.close()


async def test_a_second_head_is_not_waited_for_either(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await beside.gateway()
    reader, writer = await raw(service)
    writer.write(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
    assert b"200" in await soon(reader.readuntil(b"}"))
    monkeypatch.setattr("weft.limits.HTTP_HEAD_TIMEOUT_SECONDS", 0.05)
    writer.write(b"GET /health HTTP/1.1\r\nHost: ")
    assert await is_cut(reader)
    writer.close()


async def test_a_body_that_does_not_come_is_answered_and_the_connection_closed(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.limits.HTTP_BODY_TIMEOUT_SECONDS", 0.05)
    service = await beside.gateway()
    reader, writer = await raw(service)
    head = f"POST /api/users HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
    body = b'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email"'
    writer.write(head.encode() + body)
    answer = await soon(reader.read())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"malformed"' in answer
    writer.close()


async def test_law9_a_flood_of_connections_is_bounded(beside: Beside) -> None:
    service = await beside.gateway(bounds=Bounds(per_address=2))
    first, second = await raw(service), await raw(service)
    reader, writer = await raw(service)
    assert await is_cut(reader)
    for _, each in (first, second, (reader, writer)):
        each.close()


async def test_with_a_certificate_the_api_is_served_by_tls(beside: Beside, tmp_path: Path) -> None:
    cert_file, key_file = certificate(tmp_path)
    service = await beside.gateway(tls=TlsFiles(cert_file, key_file))
    assert service.http_url.startswith("https://")
    async with local_admin(service.http_url, ADMIN_KEY, str(cert_file)) as admin:
        assert (await admin.health()).gateway_id == "gateway-beside"
    async with AdminClient(service.http_url, ADMIN_KEY) as stranger:
        with pytest.raises(WeftError):
            await stranger.health()


def test_an_answer_does_not_wait_for_the_acknowledgement_of_what_came_before() -> None:
    """Its head and its body leave apart: without this the body waits 40 ms on a kept connection."""
    bound, port = HttpServer().listen("127.0.0.1", 0)
    with bound, socket.create_connection(("127.0.0.1", port)), bound.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
