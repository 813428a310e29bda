"""The HTTP API as typed calls: what a host product's backend, a script or a command works with.

    async with AdminClient("http://127.0.0.1:8766", admin_key) as admin:
        ann = await admin.users.create(UserCreate(email="ann@example.org", username="ann"))
        session = await admin.sessions.open(SessionCreate(user_id=ann.id))

With a user's token instead of the admin key, it may do what that user may. Every call raises the
WeftError that the API answers with; lists are read page by page as they are iterated over.
"""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from weft.client.admin_cluster import AdminCluster
from weft.client.admin_dashboards import (
    AdminCollaborators,
    AdminDashboards,
    AdminHistory,
    AdminTemplates,
    AdminWidgets,
)
from weft.client.admin_people import AdminAudit, AdminSessions, AdminUsers
from weft.client.admin_webhooks import AdminWebhooks
from weft.client.http_admin_requests import AdminRequests
from weft.wire.http import Health, Listed, WidgetTypeShown

if TYPE_CHECKING:
    import httpx


class AdminClient:
    """Needs httpx: `pip install 'weft[admin]'` (WeftError misconfigured without it)."""

    def __init__(
        self, url: str, token: str, *, transport: "httpx.AsyncBaseTransport | None" = None
    ) -> None:
        """`url`: a gateway's http://…. `token`: the admin key, a session's, or a signed one."""
        self._requests = AdminRequests(url, token, transport)
        self.users = AdminUsers(self._requests)
        self.sessions = AdminSessions(self._requests)
        self.audit = AdminAudit(self._requests)
        self.dashboards = AdminDashboards(self._requests)
        self.collaborators = AdminCollaborators(self._requests)
        self.widgets = AdminWidgets(self._requests)
        self.history = AdminHistory(self._requests)
        self.templates = AdminTemplates(self._requests)
        self.webhooks = AdminWebhooks(self._requests)
        self.cluster = AdminCluster(self._requests)

    async def health(self) -> Health:
        return await self._requests.get(Health, "/health")

    async def widget_types(self) -> tuple[WidgetTypeShown, ...]:
        """Which types of widget this deployment knows, with JSON Schemas of what they hold."""
        listed = await self._requests.get(Listed[WidgetTypeShown], "/api/widget-types")
        return listed.items

    async def close(self) -> None:
        await self._requests.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()
