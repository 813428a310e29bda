"""Pages of other origins: those that are named may call with a session's token, and no others."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest

from gateway.service import GatewayService
from tests.gateway.http_world import HttpWorld, problem

pytestmark = pytest.mark.store
PRODUCT, STRANGER = "https://app.example.org", "https://evil.example.org"
ASKED = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}


@pytest.fixture
async def named(api: HttpWorld) -> AsyncIterator[HttpWorld]:
    """The same house with another door, at which one origin is named."""
    settings = replace(
        api.service.settings, gateway_id="gateway-2", allowed_origins=(PRODUCT,), ws_port=0
    )
    sessions = api.stores.identity.sessions
    service = GatewayService(settings, sessions, api.directory, api.stores)
    async with AsyncExitStack() as stack:
        await service.start()
        stack.push_async_callback(service.stop)
        yield HttpWorld(service, api.owner, api.directory, api.stores, api.admin_key, stack)


def allowed(answer: httpx.Response) -> str | None:
    return answer.headers.get("access-control-allow-origin")


async def test_a_page_of_a_named_origin_calls_with_its_users_token(
    api: HttpWorld, named: HttpWorld
) -> None:
    ann = await api.person()
    page = named.raw(ann.token)
    may = await page.options("/api/users/me", headers={"Origin": PRODUCT, **ASKED})
    assert (may.status_code, allowed(may)) == (200, PRODUCT)
    assert "access-control-allow-credentials" not in may.headers, "no cookie counts here"
    answer = await page.get("/api/users/me", headers={"Origin": PRODUCT})
    assert (answer.json()["id"], allowed(answer)) == (str(ann.id), PRODUCT)
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    missing = await page.get("/api/nothing", headers={"Origin": PRODUCT})
    assert allowed(missing) == PRODUCT, "the page reads its problems too"
    problem(missing, 404, "not_found")


async def test_a_page_of_another_origin_learns_nothing(api: HttpWorld, named: HttpWorld) -> None:
    ann = await api.person()
    for world, origin in ((named, STRANGER), (named, "null"), (api, PRODUCT)):
        page = world.raw(ann.token)
        asked = await page.options("/api/users/me", headers={"Origin": origin, **ASKED})
        assert asked.status_code >= 400
        for answer in (asked, await page.get("/api/users/me", headers={"Origin": origin})):
            assert allowed(answer) is None, f"{origin}: the browser keeps it from the page"


async def test_law6_the_admin_key_is_refused_to_every_page(named: HttpWorld) -> None:
    for origin in (PRODUCT, STRANGER, named.service.http_url):
        answer = await named.raw().get("/api/users", headers={"Origin": origin})
        problem(answer, 403, "forbidden")
    assert (await named.raw().get("/api/users")).status_code == 200
