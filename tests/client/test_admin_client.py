"""The admin client before made-up answers: what it tries again, and what it tells."""

import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from weft.client.admin import AdminClient
from weft.errors import Retry, WeftError
from weft.models import DashboardPatch, UserCreate
from weft.wire.http import DashboardOrder

USER = {
    "id": str(uuid4()),
    "email": "ann@example.org",
    "username": "ann",
    "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-01-01T00:00:00Z",
}
ORDER = UserCreate(email="ann@example.org", username="ann")
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.client.http_admin_requests.WAIT_MAX_SECONDS", 0.0)


class Server:
    """Gives these answers, one after the other, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = list(answers)

    def client(self) -> AdminClient:
        return AdminClient("http://weft", "key", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, fields = answer
        return httpx.Response(status, json=fields)


def problem(code: str, **changes: Any) -> dict[str, Any]:
    return {"title": code, **WeftError(code).to_json(), **changes}


async def told(server: Server) -> WeftError:
    async with server.client() as admin:
        with pytest.raises(WeftError) as refusal:
            await admin.users.create(ORDER)
    return refusal.value


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        (503, problem("storage_unavailable")),
        (409, problem("in_flight")),
        (502, {"by": "a proxy"}),
    ],
    ids=str,
)
async def test_law3_what_may_pass_later_is_tried_again_under_one_key(failure: Any) -> None:
    server = Server(failure, failure, (201, USER))
    async with server.client() as admin:
        assert (await admin.users.create(ORDER)).id == UUID(USER["id"])
    keys = {request.headers["idempotency-key"] for request in server.asked}
    assert (len(server.asked), len(keys)) == (3, 1)


async def test_each_write_has_a_key_of_its_own_and_the_token() -> None:
    server = Server((201, USER), (201, USER))
    async with server.client() as admin:
        for _ in range(2):
            await admin.users.create(ORDER)
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 2
    assert {request.headers["authorization"] for request in server.asked} == {"Bearer key"}


async def test_it_gives_up_after_a_while_and_says_why() -> None:
    down = await told(Server(*[httpx.ConnectError("refused")] * 3))
    assert (down.code, down.message) == ("misconfigured", "http://weft does not answer: refused")
    busy = await told(Server(*[(503, problem("owner_unavailable", retryAfterMs=7))] * 3))
    assert (busy.code, busy.details) == ("owner_unavailable", {"retryAfterMs": 7})


async def test_what_will_be_refused_again_is_asked_once() -> None:
    server = Server((409, problem("conflict", field="email")))
    error = await told(server)
    assert (error.code, error.details, len(server.asked)) == ("conflict", {"field": "email"}, 1)


async def test_a_code_that_is_younger_than_this_client_keeps_its_meaning() -> None:
    fields = {"code": "too_green", "message": "Ripen.", "fault": "client", "retry": "never"}
    error = await told(Server((400, fields)))
    assert (error.code, error.details["unknown_code"]) == ("internal", "too_green")
    assert (error.retry, error.message) == (Retry.NEVER, "Ripen.")


async def test_only_what_was_said_is_sent() -> None:
    """What is left out of an order comes from its template; null in a patch clears."""
    dashboard = {"id": str(uuid4()), "title": "A", "ownerId": str(uuid4()),
                 "createdAt": USER["createdAt"], "updatedAt": USER["updatedAt"]}  # fmt: skip
    server = Server((201, dashboard), (200, dashboard))
    template_id = uuid4()
    async with server.client() as admin:
        await admin.dashboards.create(DashboardOrder(title="A", template_id=template_id))
        patch = DashboardPatch(description=None)
        await admin.dashboards.change(UUID(dashboard["id"]), patch, at_version=7)
    first, second = server.asked
    assert orjson.loads(first.content) == {"title": "A", "templateId": str(template_id)}
    assert orjson.loads(second.content) == {"description": None}
    assert second.headers["if-match"] == '"7"'


async def test_lists_end_with_the_last_page_and_are_read_no_further_than_asked() -> None:
    more, last = {"items": [USER], "nextCursor": "c"}, {"items": [USER]}
    server = Server((200, more), (200, last))
    async with server.client() as admin:
        assert len([user async for user in admin.users.all(begins="a")]) == 2
        assert [str(request.url.query, "ascii") for request in server.asked] == [
            "begins=a",
            "begins=a&after=c",
        ]
    server = Server((200, more))
    async with server.client() as admin:
        users = admin.users.all()
        assert (await anext(users)).username == "ann"
    assert len(server.asked) == 1


async def test_an_answer_that_is_no_user_is_not_taken_for_one() -> None:
    error = await told(Server((201, {**USER, "email": 7})))
    assert error.code == "invalid_message"


async def test_without_httpx_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(WeftError, match=r"pip install 'weft\[admin\]'"):
        AdminClient("http://weft", "key")


def test_a_url_or_token_that_cannot_be_used_is_told_at_once() -> None:
    for url, token in (("http://host:port", "key"), ("http://weft", "ключ")):
        with pytest.raises(WeftError, match="cannot be used"):
            AdminClient(url, token)
