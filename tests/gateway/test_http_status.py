"""How a gateway says that it is well, and what is missing when it is not."""

import asyncio
from uuid import UUID

import pytest

from gateway.http_readiness import NO_DASHBOARD
from storage.memory_directory import MemoryDirectory
from storage.ports import OwnerAddress
from tests.gateway.http_world import HttpWorld
from weft.errors import WeftError

pytestmark = pytest.mark.store


async def test_health_says_that_the_process_answers(api: HttpWorld) -> None:
    health = await api.client("nobody's token").health()
    assert (health.status, health.gateway_id) == ("ok", "gateway-1")


async def test_ready_names_what_is_missing(api: HttpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = api.raw()
    answer = await raw.get("/ready")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)

    async def away(*_: object) -> None:
        raise WeftError("storage_unavailable")

    async def nobody(*_: object) -> tuple[()]:
        return ()

    monkeypatch.setattr(type(api.stores.identity.sessions), "find_session", away)
    monkeypatch.setattr(MemoryDirectory, "owners", nobody)
    answer = await raw.get("/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["redis"] == "ok"
    assert checks["postgres"] != "ok"
    assert checks["owner"] == "No owner is announced."


async def test_ready_does_not_wait_for_ever(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent to the gateway alone: an owner that looked around just then, as the machine had stood
    still, waited for ever, and no gateway of the tests that followed found it.
    """
    holder = MemoryDirectory.holder

    async def silent(directory: MemoryDirectory, dashboard_id: UUID) -> OwnerAddress | None:
        if dashboard_id == NO_DASHBOARD:
            await asyncio.Event().wait()
        return await holder(directory, dashboard_id)

    monkeypatch.setattr("weft.limits.READINESS_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(MemoryDirectory, "holder", silent)
    answer = await api.raw().get("/ready")
    assert answer.json()["checks"]["redis"] == "no answer in time"


async def test_the_front_page_says_where_to_connect(api: HttpWorld) -> None:
    answer = await api.raw().get("/about")
    assert answer.status_code == 200
    assert api.service.ws_url in answer.text
