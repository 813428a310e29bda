"""The HTTP API as it is served, before a real owner and on PostgreSQL; and who calls it."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import pytest

import weft
from actors.owner_service import OwnerService
from gateway.http_surroundings import ApiStores
from gateway.service import GatewayService
from storage.memory_directory import MemoryDirectory
from weft import Board
from weft.client.admin import AdminClient
from weft.errors import CODES, WeftError
from weft.models import Dashboard, SessionCreate, User, UserCreate, Widget, WidgetCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

Item = TypeVar("Item")
TEXT = {"type": "text", "position": {"x": 0, "y": 0, "width": 4, "height": 2}}


@dataclass
class Person:
    """A user with a session, and the API as they see it."""

    user: User
    token: str
    session_id: UUID
    api: AdminClient

    @property
    def id(self) -> UUID:
        return self.user.id


@dataclass
class HttpWorld:
    service: GatewayService
    owner: OwnerService
    directory: MemoryDirectory
    stores: ApiStores
    admin_key: str
    stack: AsyncExitStack
    host: AdminClient = field(init=False)

    def __post_init__(self) -> None:
        self.host = self.client(self.admin_key)

    def client(self, token: str) -> AdminClient:
        return self.client_of(self.service, token)

    def client_of(self, service: GatewayService, token: str) -> AdminClient:
        client = AdminClient(service.http_url, token)
        self.stack.push_async_callback(client.close)
        return client

    def raw(self, token: str | None = None) -> httpx.AsyncClient:
        """As the admin, unless it is given another token."""
        headers = {"Authorization": f"Bearer {token or self.admin_key}"}
        client = httpx.AsyncClient(
            base_url=self.service.http_url,
            headers=headers,
            trust_env=False,
            verify=False,  # no TLS here, and to read all authorities takes 30 ms
            timeout=60,
        )
        self.stack.push_async_callback(client.aclose)
        return client

    async def person(self, **fields: Any) -> Person:
        name = f"u{uuid4().hex}"
        user = await self.host.users.create(
            UserCreate(**{"email": f"{name}@example.org", "username": name, **fields})
        )
        session = await self.host.sessions.open(SessionCreate(user_id=user.id))
        return Person(user, session.token, session.id, self.client(session.token))

    async def dashboard(self, owner: Person, title: str = "Sales", **fields: Any) -> Dashboard:
        return await owner.api.dashboards.create(DashboardOrder(title=title, **fields))

    async def member(self, dashboard: Dashboard, role: str, **fields: Any) -> Person:
        """Somebody new who shares it already."""
        person = await self.person()
        order = CollaboratorOrder.from_wire(
            {"userId": str(person.id), "role": role, "isAccepted": True, **fields}
        )
        await self.host.collaborators.invite(dashboard.id, order)
        return person

    async def widget(self, person: Person, dashboard: Dashboard, **fields: Any) -> Widget:
        order = WidgetCreate.from_wire({**TEXT, **fields})
        return await person.api.widgets.add(dashboard.id, order)

    async def board(self, person: Person, dashboard: Dashboard, stack: AsyncExitStack) -> Board:
        """The dashboard, opened on a socket, until the stack is left."""
        client = await stack.enter_async_context(weft.connect(self.service.ws_url, person.token))
        return await client.join(dashboard.id)


async def refused(awaited: Awaitable[Any]) -> WeftError:
    """The error with which it is refused."""
    with pytest.raises(WeftError) as refusal:
        await awaited
    return refusal.value


async def all_of(items: AsyncIterator[Item]) -> list[Item]:
    return [item async for item in items]


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that the API answers, whose form is checked."""
    assert answer.headers["content-type"] == "application/problem+json"
    fields: dict[str, Any] = answer.json()
    assert (answer.status_code, fields["status"], fields["code"]) == (status, status, code)
    assert fields["type"] == f"urn:weft:error:{code}"
    assert (fields["retry"], fields["fault"]) == (CODES[code].retry, CODES[code].fault)
    return fields
