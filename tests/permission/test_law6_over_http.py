"""Law 6 as the host product meets it: it holds from the answer to the HTTP call on."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.postgres_pool import PostgresStores
from tests.permission.permission_world import (
    SECRET,
    TOLD_WITHIN_SECONDS,
    House,
    house_on,
)
from tests.running_clock import within

pytestmark = pytest.mark.store
ENOUGH = 30  # submissions: then the load is there, or the refusals are


@pytest.fixture
async def house(postgres_stores: PostgresStores) -> AsyncIterator[House]:
    async with house_on(postgres_stores) as house:
        yield house


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Of another gateway than the one that the typists are connected to."""
    settings = GatewaySettings("gateway-http", SECRET, "the admin key")
    stores = house.stores
    gateway = GatewayService(
        settings, stores.identity.sessions, house.directory, api_stores(stores)
    )
    await gateway.start()
    headers = {"Authorization": "Bearer the admin key"}
    async with httpx.AsyncClient(base_url=gateway.http_url, headers=headers, timeout=60) as client:
        yield client
    await gateway.stop()


async def test_law6_once_a_removal_is_answered_nothing_more_of_theirs_commits(
    house: House, http: httpx.AsyncClient
) -> None:
    bob, cem = await house.member(), await house.member()
    typing, other = await house.typist(bob), await house.typist(cem)
    await typing.until(lambda: typing.counts["committed"] > ENOUGH)
    answer = await http.delete(f"/api/dashboards/{house.board}/collaborators/{bob}")
    head = await house.head()
    assert answer.status_code == 204, answer.text
    async with within(TOLD_WITHIN_SECONDS):
        await typing.hears("ended")
    await other.until(lambda: other.version > head + ENOUGH)
    assert max(row.version for row in await house.written_by(bob)) <= head


async def test_law6_who_is_made_a_viewer_over_http_stays_and_only_watches(
    house: House, http: httpx.AsyncClient
) -> None:
    bob, cem = await house.member(), await house.member()
    typing, other = await house.typist(bob), await house.typist(cem)
    await typing.until(lambda: typing.counts["committed"] > ENOUGH)
    answer = await http.patch(
        f"/api/dashboards/{house.board}/collaborators/{bob}", json={"role": "viewer"}
    )
    head = await house.head()
    assert answer.status_code == 200, answer.text
    async with within(TOLD_WITHIN_SECONDS):
        assert (await typing.hears("permission"))["role"] == "viewer"
    await typing.until(lambda: typing.counts["rejected forbidden"] > ENOUGH)
    await typing.until(lambda: typing.version > head + ENOUGH)
    assert max(row.version for row in await house.written_by(bob)) <= head
    assert other.counts["ended"] == 0


async def test_law6_an_account_that_is_deactivated_stops_writing_at_once(
    house: House, http: httpx.AsyncClient
) -> None:
    bob = await house.member()
    typing = await house.typist(bob)
    await typing.until(lambda: typing.counts["committed"] > ENOUGH)
    answer = await http.patch(f"/api/users/{bob}", json={"isActive": False})
    head = await house.head()
    assert answer.status_code == 200, answer.text
    async with within(TOLD_WITHIN_SECONDS):
        await typing.hears("ended")
    assert max(row.version for row in await house.written_by(bob)) <= head
