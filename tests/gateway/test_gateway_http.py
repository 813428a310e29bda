"""The HTTP API on a real socket: what an administrator sets up, and every refusal by name."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from conftest import ADMIN_KEY, World

from storage.memory_directory import MemoryDirectory
from weft.errors import CODES


@pytest.fixture
def http_port() -> int | None:
    return 0


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(
        base_url=world.service.http_url, headers=headers, trust_env=False
    ) as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    fields: dict[str, Any] = answer.json()
    assert (answer.status_code, fields["status"], fields["code"]) == (status, status, code)
    assert fields["type"] == f"urn:weft:error:{code}"
    assert fields["retry"] == CODES[code].retry
    return fields


async def create_user(admin: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    name = uuid4().hex
    return await admin.post(
        "/api/users", json={"email": f"{name}@example.org", "username": name} | fields
    )


async def test_a_user_a_session_and_a_dashboard_lead_to_a_joined_client(
    world: World, admin: httpx.AsyncClient
) -> None:
    owner_id = (await create_user(admin, fullName="Ann Onymous")).json()["id"]
    guest_id = (await create_user(admin)).json()["id"]
    created = await admin.post("/api/dashboards", json={"ownerId": owner_id, "title": "Sales"})
    assert created.status_code == 201
    dashboard_id = created.json()["id"]
    shared = await admin.post(
        f"/api/dashboards/{dashboard_id}/collaborators",
        json={"userId": guest_id, "role": "viewer"},
    )
    assert (shared.status_code, shared.content) == (204, b"")
    session = (
        await admin.post("/api/sessions", json={"userId": guest_id, "ttlSeconds": 60})
    ).json()
    assert session.keys() == {"token", "sessionId", "expiresAt"}
    client = await world.client()
    assert (await client.hello(session["token"]))["userId"] == guest_id
    assert (await client.join(dashboard_id))["type"] == "joined"


async def test_only_the_hash_of_a_token_is_kept(world: World, admin: httpx.AsyncClient) -> None:
    user_id = (await create_user(admin)).json()["id"]
    token = (await admin.post("/api/sessions", json={"userId": user_id})).json()["token"]
    assert len(token) >= 43
    kept = [row.token_hash for row in world.tables.sessions.values()]
    assert kept == [hashlib.sha256(token.encode()).hexdigest()]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "x"}])
async def test_without_the_admin_key_nothing_is_set_up(
    world: World, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=world.service.http_url, trust_env=False) as client:
        for path in ("/api/users", "/api/sessions", "/api/dashboards"):
            answer = await client.post(path, json={}, headers=headers)
            problem(answer, 401, "unauthenticated")
        answer = await client.post(
            "/api/users", json={"email": "a@b.c", "username": "a"}, headers=headers
        )
        problem(answer, 401, "unauthenticated")
    assert not world.tables.users


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "x" * 256}, "invalid_message"),
        ({"username": ""}, "invalid_message"),
        ({"username": 7}, "invalid_message"),
        ({"shoeSize": 44}, "invalid_message"),
        ({"username": "a\0b"}, "unstorable_text"),
        ({"fullName": "a\0b"}, "unstorable_text"),
    ],
)
async def test_law7_what_cannot_be_kept_is_refused_by_name(
    admin: httpx.AsyncClient, fields: dict[str, Any], code: str
) -> None:
    problem(await create_user(admin, **fields), 400, code)


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b"\xff", b"[" * 20_000, b'{"email": "\\ud800@b.c", "username": "u"}'],
)
async def test_law7_a_body_that_is_no_user_is_refused(
    admin: httpx.AsyncClient, body: bytes
) -> None:
    answer = await admin.post(
        "/api/users", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["code"] in ("invalid_message", "malformed", "unstorable_text")


async def test_law7_a_large_body_is_refused_before_it_is_read(admin: httpx.AsyncClient) -> None:
    problem(await admin.post("/api/users", content=b"x" * 100_000), 413, "too_large")


async def test_law7_a_body_without_a_length_is_refused(admin: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 1_000

    problem(await admin.post("/api/users", content=endless()), 400, "malformed")


async def test_who_is_taken_or_unknown_is_told_so(admin: httpx.AsyncClient) -> None:
    nobody = str(uuid4())
    assert (await create_user(admin, username="twice")).status_code == 201
    problem(await create_user(admin, username="twice"), 409, "conflict")
    answer = await admin.post("/api/sessions", json={"userId": nobody})
    problem(answer, 404, "not_found")
    answer = await admin.post("/api/dashboards", json={"ownerId": nobody, "title": "t"})
    problem(answer, 404, "not_found")
    answer = await admin.post(
        f"/api/dashboards/{nobody}/collaborators", json={"userId": nobody, "role": "editor"}
    )
    problem(answer, 404, "not_found")
    problem(await admin.get("/nowhere"), 404, "not_found")
    problem(await admin.get("/api/users"), 405, "not_found")


async def test_a_fault_of_ours_has_a_cause_and_tells_nothing_else(
    world: World, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("with secrets in it")

    monkeypatch.setattr(world.accounts, "create_user", broken)
    answer = await create_user(admin)
    assert "secrets" not in answer.text
    assert problem(answer, 500, "internal")["cause"]


# --- status -------------------------------------------------------------------------------------


async def test_health_says_that_the_process_answers(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/health")).json() == {"status": "ok", "gatewayId": "gateway-1"}


async def test_ready_names_what_is_missing(world: World, admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/ready")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    world.tables.unavailable = True
    await world.directory.withdraw_owner(world.owner.address)
    answer = await admin.get("/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["redis"] == "ok"
    assert checks["postgres"] != "ok"
    assert checks["owner"] == "No owner is announced."


async def test_ready_does_not_wait_for_ever(
    world: World, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("weft.limits.READINESS_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(MemoryDirectory, "holder", silent)
    answer = await admin.get("/ready")
    assert answer.json()["checks"]["redis"] == "no answer in time"


async def test_the_front_page_says_where_to_connect(world: World, admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/")
    assert answer.status_code == 200
    assert world.service.ws_url in answer.text
    assert (await admin.get("/openapi.json")).json()["paths"].keys() >= {"/ready", "/api/users"}
