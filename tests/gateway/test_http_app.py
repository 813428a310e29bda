"""The live app as it is served: its policy, its caching, and who is let in with one click."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from gateway.http_app import app_routes, policy
from gateway.http_demo import demo_routes
from gateway.http_problems import add_problems
from tests.gateway.http_world import HttpWorld, problem

HERE = "http://127.0.0.1:8766"


def around(**fields: Any) -> Any:
    plain = {"gateway_id": "gateway-1", "ws_url": "ws://127.0.0.1:8765"}
    more = {"public_ws_url": None, "demo_users": (), "allowed_origins": ()}
    return SimpleNamespace(**{**plain, **more, **fields})


def client(*routers: Any) -> httpx.AsyncClient:
    app = FastAPI()
    add_problems(app)
    for router in routers:
        app.include_router(router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text('<script type="module" src="/app/app-1.js"></script>')
    (tmp_path / "app-1.js").write_text("const answer = 42;\n" * 100)
    (tmp_path / "secret.txt").write_text("not of the app")
    return tmp_path


@pytest.fixture
async def page(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app_routes(around(), folder)) as client_:
        yield client_


@pytest.mark.parametrize("path", ["/", f"/d/{UUID(int=7)}"])
async def test_law7_the_page_may_run_its_own_files_alone(
    page: httpx.AsyncClient, path: str
) -> None:
    answer = await page.get(path)
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://127.0.0.1:8765"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_law7_nobody_frames_the_page_but_whom_the_settings_name(
    page: httpx.AsyncClient, folder: Path
) -> None:
    answer = await page.get("/")
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert answer.headers["x-frame-options"] == "DENY"
    origins = ("https://product.example", "https://other.example:8443")
    async with client(app_routes(around(allowed_origins=origins), folder)) as embeddable:
        answer = await embeddable.get("/")
        rules = answer.headers["content-security-policy"].split("; ")
        assert "frame-ancestors https://product.example https://other.example:8443" in rules
        assert "x-frame-options" not in answer.headers
        assert (await embeddable.get("/app.json")).json()["embedOrigins"] == list(origins)
        plain = await embeddable.get("/about")
        assert plain.headers["x-frame-options"] == "DENY"


async def test_files_are_kept_for_ever_and_the_page_is_asked_for_again(
    page: httpx.AsyncClient,
) -> None:
    file = await page.get("/app/app-1.js")
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["content-type"].startswith("text/javascript")
    assert file.headers["content-encoding"] == "gzip"
    assert file.text == "const answer = 42;\n" * 100
    plain = await page.get("/app/app-1.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == file.content
    front = await page.get("/")
    assert front.headers["cache-control"] == "no-cache"
    again = await page.get("/", headers={"If-None-Match": front.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" in again.headers


async def test_the_client_library_is_for_pages_of_any_origin(folder: Path) -> None:
    (folder / "weft.js").write_text("export const connect = 1;")
    async with client(app_routes(around(), folder)) as there:
        answer = await there.get("/weft.js", headers={"Origin": "https://elsewhere.example"})
        assert (answer.status_code, answer.text) == (200, "export const connect = 1;")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-cache"
        known = {"If-None-Match": answer.headers["etag"]}
        assert (await there.get("/weft.js", headers=known)).status_code == 304


@pytest.mark.parametrize("name", ["index.html", "secret.txt", "app-2.js", "..%2Fhttp_app.py"])
async def test_law7_nothing_but_the_built_files_is_served(
    page: httpx.AsyncClient, name: str
) -> None:
    problem(await page.get(f"/app/{name}"), 404, "not_found")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("weft.example:8766", "ws://weft.example:8765"),
        ("[::1]:8766", "ws://[::1]:8765"),
        ("a;script-src *", "ws://127.0.0.1:8765"),
        ("a b", "ws://127.0.0.1:8765"),
        ("", "ws://127.0.0.1:8765"),
    ],
)
async def test_law7_the_host_of_a_request_adds_no_rule(
    page: httpx.AsyncClient, host: str, expected: str
) -> None:
    told = (await page.get("/app.json", headers={"Host": host})).json()
    assert told == {"wsUrl": expected, "demoUsers": [], "embedOrigins": []}
    answer = await page.get("/", headers={"Host": host})
    assert answer.headers["content-security-policy"] == policy(expected)


async def test_a_configured_address_of_the_socket_wins(folder: Path) -> None:
    surroundings = around(public_ws_url="wss://live.example/ws")
    async with client(app_routes(surroundings, folder)) as page:
        assert (await page.get("/app.json")).json()["wsUrl"] == "wss://live.example/ws"
        assert "wss://live.example/ws" in (await page.get("/")).headers["content-security-policy"]


async def test_without_a_built_app_the_front_says_where_to_connect(tmp_path: Path) -> None:
    async with client(app_routes(around(), tmp_path)) as page:
        for path in ("/", "/about"):
            answer = await page.get(path)
            assert "ws://127.0.0.1:8765" in answer.text
            assert "script-src" not in answer.headers["content-security-policy"]
            assert not re.search(r"<script", answer.text)


@pytest.mark.store
async def test_only_a_demo_lets_in_without_a_token(api: HttpWorld) -> None:
    person = await api.person()
    username = person.user.username
    sign_in = f"/demo/{username}/session"
    problem(await api.raw().post(sign_in), 404, "not_found")  # this gateway has no demo
    demo = demo_routes(around(stores=api.stores, demo_users=(username, "not-there-yet")))
    async with client(demo) as page:
        opened = await page.post(sign_in)
        assert opened.status_code == 201
        me = await api.raw(opened.json()["token"]).get("/api/users/me")
        assert me.json()["id"] == str(person.id)
        somebody = await api.person()
        problem(await page.post(f"/demo/{somebody.user.username}/session"), 404, "not_found")
        problem(await page.post("/demo/not-there-yet/session"), 404, "not_found")


@pytest.mark.store
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # its name was made to lead here
        {"Host": "127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_law7_a_page_from_elsewhere_signs_nobody_in(
    api: HttpWorld, headers: dict[str, str]
) -> None:
    person = await api.person()
    demo = demo_routes(around(stores=api.stores, demo_users=(person.user.username,)))
    async with client(demo) as page:
        answer = await page.post(f"/demo/{person.user.username}/session", headers=headers)
        problem(answer, 403, "forbidden")


@pytest.mark.store
async def test_who_may_share_finds_people_by_their_whole_name(api: HttpWorld) -> None:
    owner, other = await api.person(), await api.person()
    dashboard = await api.dashboard(owner)
    viewer = await api.member(dashboard, "viewer")
    path = f"/api/dashboards/{dashboard.id}/collaborators/candidates"
    raw = api.raw(owner.token)
    for query in ({"email": other.user.email}, {"username": other.user.username}):
        [found] = (await raw.get(path, params=query)).json()["items"]
        assert found["id"] == str(other.id)
        assert "email" not in found
    assert (await raw.get(path, params={"username": "u"})).json()["items"] == []
    problem(await raw.get(path), 400, "invalid_message")
    refused = await api.raw(viewer.token).get(path, params={"username": other.user.username})
    problem(refused, 403, "forbidden")
