"""Law 7, bad input is answered: what passes before any route sees it; and law 3 for writes."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from gateway.owner_edits_loop import LinkedOwnerEdits
from storage.delivery_ports import StoredAnswer
from storage.postgres_pool import PostgresStores
from tests.gateway.http_world import TEXT, HttpWorld, all_of, problem, refused
from weft.client.admin import AdminClient
from weft.errors import WeftError
from weft.limits import HTTP_BODY_MAX_BYTES
from weft.models import DashboardPatch

pytestmark = pytest.mark.store
JSON = {"Content-Type": "application/json"}


def a_user(**fields: Any) -> dict[str, Any]:
    name = f"u{uuid4().hex}"
    return {"email": f"{name}@example.org", "username": name} | fields


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_message"),
        (b"nonsense", "malformed"),
        (b"[]", "malformed"),
        (b"\xff", "malformed"),
        (b"[" * 20_000, "too_deep"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "too_deep"),
        (b'{"email": "\\ud800@b.c", "username": "u"}', "unstorable_text"),
        (b'{"email": "a\\u0000@b.c", "username": "u"}', "unstorable_text"),
        (b'{"metadata": {"n": NaN}}', "invalid_number"),
        (b'{"metadata": {"n": 9007199254740993}}', "invalid_number"),
        (b'{"metadata": {"n": 123456789012345678901234567890}}', "invalid_number"),
        (b'{"metadata": {"__proto__": 1}}', "forbidden_key"),
        (b'{"shoeSize": 44}', "invalid_message"),
        (b'{"email": "a@b.c", "username": "u", "full_name": "by another name"}', "invalid_message"),
    ],
    ids=lambda value: value[:24].decode(errors="replace") if isinstance(value, bytes) else None,
)
async def test_law7_a_body_that_cannot_be_kept_is_refused_by_name(
    api: HttpWorld, body: bytes, code: str
) -> None:
    answer = await api.raw().post("/api/users", content=body, headers=JSON)
    told = problem(answer, 400, code)
    assert "about" not in told


async def test_law7_every_field_that_is_wrong_is_named_with_its_rule(api: HttpWorld) -> None:
    wrong = a_user(fullName=7, shoeSize=44, username="")
    told = problem(await api.raw().post("/api/users", json=wrong), 400, "invalid_message")
    assert {each["field"] for each in told["errors"]} == {"fullName", "shoeSize", "username"}
    assert all(each["rule"] and each["message"] for each in told["errors"])


async def test_law7_a_large_body_is_refused_whether_it_says_so_or_not(api: HttpWorld) -> None:
    raw = api.raw()
    big = b"x" * (HTTP_BODY_MAX_BYTES + 1)

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    problem(await raw.post("/api/users", content=big, headers=JSON), 413, "too_large")
    problem(await raw.post("/api/users", content=in_pieces(), headers=JSON), 413, "too_large")

    async def short() -> AsyncIterator[bytes]:
        yield orjson.dumps(a_user())

    assert (await raw.post("/api/users", content=short(), headers=JSON)).status_code == 201


async def test_a_body_that_breaks_off_is_nobodys_fault_here(
    api: HttpWorld, caplog: pytest.LogCaptureFixture
) -> None:
    url = httpx.URL(api.service.http_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /api/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.admin_key}\r\n"
    writer.write((head + "Content-Length: 100\r\n\r\n{").encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert reader.at_eof() or await reader.read() == b""
    await api.host.users.find(username="nobody")  # it goes on
    assert "failed, cause" not in caplog.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x", None])
async def test_law7_what_is_not_called_json_is_not_read(api: HttpWorld, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    content = orjson.dumps(a_user())
    answer = await api.raw().post("/api/users", content=content, headers=headers)
    problem(answer, 415, "malformed")
    packed = gzip.compress(content)
    answer = await api.raw().post("/api/users", content=packed, headers=JSON)
    problem(answer, 400, "malformed")


async def test_law7_queries_and_paths_are_checked_like_bodies(api: HttpWorld) -> None:
    raw = api.raw()
    for path, field in (
        ("/api/users?limit=0", "limit"),
        ("/api/users?limit=201", "limit"),
        ("/api/users?limit=many", "limit"),
        ("/api/users?after=nonsense", "after"),
        ("/api/users?begins=%00", "begins"),
        ("/api/users?username=a%00b", "username"),
        ("/api/users?isActive=perhaps", "isActive"),
        ("/api/users?is_active=true", "is_active"),
        ("/api/users?begins=a&begins=b", "begins"),
        ("/api/users?email=" + "x" * 300, "email"),
        ("/api/users/ann", "userId"),
        (f"/api/sessions?userId={'x' * 2_000}", "userId"),
        ("/api/dashboards/search?text=%00&userId=" + str(uuid4()), "text"),
    ):
        told = problem(await raw.get(path), 400, "invalid_message")
        assert told["errors"][0]["field"] == field, path
    for _ in range(2):
        await api.person()
    of_another_list = (await raw.get("/api/users?limit=1")).json()["nextCursor"]
    problem(await raw.get(f"/api/templates?after={of_another_list}"), 400, "invalid_message")


async def test_what_is_not_there_is_a_problem_too(api: HttpWorld) -> None:
    raw = api.raw()
    problem(await raw.get("/nowhere"), 404, "not_found")
    problem(await raw.get("/api/users/"), 404, "not_found")
    answer = await raw.put("/api/users")
    problem(answer, 405, "not_found")
    assert "POST" in answer.headers["allow"] or "GET" in answer.headers["allow"]


async def test_nothing_of_the_api_is_kept_by_caches(api: HttpWorld) -> None:
    answer = await api.raw().get("/api/users?limit=1")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_fault_of_ours_has_a_cause_and_tells_nothing_else(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("with secrets in it")

    monkeypatch.setattr(type(api.stores.identity.users), "create_user", broken)
    answer = await api.raw().post("/api/users", json=a_user())
    assert "secrets" not in answer.text
    assert problem(answer, 500, "internal")["cause"]
    assert int(answer.headers["retry-after"]) >= 1


async def test_what_may_pass_later_says_when(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise WeftError("storage_unavailable", retryAfterMs=2_500)

    monkeypatch.setattr(type(api.stores.identity.users), "create_user", away)
    answer = await api.raw().post("/api/users", json=a_user())
    problem(answer, 503, "storage_unavailable")
    assert answer.headers["retry-after"] == "3"


# --- once ---------------------------------------------------------------------------------------


async def test_law3_a_write_that_is_sent_again_is_answered_again(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    raw, key = api.raw(ann.token), {"Idempotency-Key": "my own key"}
    path = f"/api/dashboards/{dashboard.id}/widgets"
    first = await raw.post(path, json=TEXT, headers=key)
    again = await raw.post(path, json=TEXT, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    for name in ("etag", "location"):
        assert first.headers[name] == again.headers[name]
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await all_of(ann.api.widgets.all(dashboard.id))) == 1
    problem(await raw.post(path, json={**TEXT, "title": "x"}, headers=key), 422, "id_reused")
    gone = await raw.delete(f"{path}/{first.json()['id']}", headers={"Idempotency-Key": "k"})
    again = await raw.delete(f"{path}/{first.json()['id']}", headers={"Idempotency-Key": "k"})
    assert (gone.status_code, again.status_code, again.content) == (204, 204, b"")


async def test_law3_what_committed_before_a_crash_is_not_done_again(
    api: HttpWorld, postgres_stores: PostgresStores
) -> None:
    """The answer was not kept, as when a gateway dies just then; but names are made of the key."""
    ann = await api.person()
    raw, key = api.raw(ann.token), {"Idempotency-Key": uuid4().hex}
    made = await raw.post("/api/dashboards", json={"title": "A"}, headers=key)
    dashboard_id = made.json()["id"]
    path = f"/api/dashboards/{dashboard_id}/widgets"
    widget = await raw.post(path, json=TEXT, headers={"Idempotency-Key": "w"})
    order, host = a_user(), api.raw()
    user = await host.post("/api/users", json=order, headers=key)
    await postgres_stores.pool.execute("DELETE FROM idempotency_keys")
    again = await raw.post("/api/dashboards", json={"title": "A"}, headers=key)
    assert (again.status_code, again.json()["id"]) == (201, dashboard_id)
    twice = await raw.post(path, json=TEXT, headers={"Idempotency-Key": "w"})
    assert (twice.status_code, twice.json()) == (201, widget.json())
    same = await host.post("/api/users", json=order, headers=key)
    assert (same.status_code, same.json()) == (201, user.json())
    read = (await raw.get(f"/api/dashboards/{dashboard_id}")).json()
    assert (read["version"], len(read["widgets"])) == (1, 1)


async def test_law3_what_was_refused_may_be_tried_again_with_its_key(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    bob = await api.member(dashboard, "viewer")
    raw, key = api.raw(bob.token), {"Idempotency-Key": "k"}
    path = f"/api/dashboards/{dashboard.id}"
    problem(await raw.patch(path, json={"title": "x"}, headers=key), 403, "forbidden")
    await ann.api.dashboards.hand_over(dashboard.id, bob.id)
    assert (await raw.patch(path, json={"title": "x"}, headers=key)).status_code == 200


async def test_law3_keys_are_each_callers_own(api: HttpWorld) -> None:
    for person in (await api.person(), await api.person()):
        raw = api.raw(person.token)
        answer = await raw.post(
            "/api/dashboards", json={"title": "A"}, headers={"Idempotency-Key": "1"}
        )
        assert (answer.status_code, answer.json()["ownerId"]) == (201, str(person.id))


async def test_while_the_first_is_under_way_the_second_is_told_to_wait(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    begun, go_on = asyncio.Event(), asyncio.Event()
    submit = LinkedOwnerEdits.submit

    async def slowly(self: LinkedOwnerEdits, edit: Any) -> int:
        begun.set()
        await go_on.wait()
        return await submit(self, edit)

    monkeypatch.setattr(LinkedOwnerEdits, "submit", slowly)
    raw, key = api.raw(ann.token), {"Idempotency-Key": "k"}
    path, body = f"/api/dashboards/{dashboard.id}", {"title": "x"}
    first = asyncio.create_task(raw.patch(path, json=body, headers=key))
    await begun.wait()
    answer = await raw.patch(path, json=body, headers=key)
    problem(answer, 409, "in_flight")
    assert answer.headers["retry-after"] == "1"
    go_on.set()
    assert (await first).status_code == 200


async def test_no_token_is_kept_with_an_answer(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[StoredAnswer] = []
    keys = type(api.stores.keys)
    complete = keys.complete

    async def watched(self: Any, *arguments: Any) -> None:
        kept.append(arguments[3])
        await complete(self, *arguments)

    monkeypatch.setattr(keys, "complete", watched)
    ann = await api.person()
    raw, key = api.raw(), {"Idempotency-Key": uuid4().hex}
    opened = [
        await raw.post("/api/sessions", json={"userId": str(ann.id)}, headers=key) for _ in range(2)
    ]
    assert [answer.status_code for answer in opened] == [201, 201]
    tokens = [answer.json()["token"] for answer in opened]
    assert all(token not in str(answer) for answer in kept for token in [*tokens, ann.token])
    assert kept  # of the user, which a person begins with


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_law7_a_key_that_cannot_be_kept_is_refused(api: HttpWorld, key: str) -> None:
    answer = await api.raw().post("/api/users", json=a_user(), headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json()["code"] in ("invalid_message", "limit_exceeded")


async def test_the_client_tries_again_what_may_pass_later(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    submit, failures = LinkedOwnerEdits.submit, [1]

    async def failing(self: LinkedOwnerEdits, edit: Any) -> int:
        version = await submit(self, edit)
        if failures:  # it has committed, and its answer is lost
            failures.pop()
            raise WeftError("owner_unavailable", retryAfterMs=1)
        return version

    monkeypatch.setattr(LinkedOwnerEdits, "submit", failing)
    monkeypatch.setattr("weft.client.http_admin_requests.WAIT_MAX_SECONDS", 0.01)
    changed = await ann.api.dashboards.change(dashboard.id, DashboardPatch(title="x"))
    assert (changed.title, changed.version) == ("x", 1)


async def test_an_address_that_does_not_answer_is_named(api: HttpWorld) -> None:
    async with AdminClient("http://127.0.0.1:9", "token") as nowhere:
        error = await refused(nowhere.health())
    assert error.code == "misconfigured"
    assert "127.0.0.1:9" in error.message
    with pytest.raises(WeftError, match="cannot be used"):
        AdminClient("http://host:port", "token")
