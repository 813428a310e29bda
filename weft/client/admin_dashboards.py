"""Dashboards in the admin client: themselves, who shares them, widgets, history, templates."""

from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

from weft.client.admin_people import pages
from weft.client.http_admin_requests import AdminRequests
from weft.models import (
    Collaborator,
    CollaboratorPatch,
    Dashboard,
    DashboardMetadata,
    DashboardPatch,
    DashboardTemplate,
    TemplateCreate,
    UserProfile,
    Widget,
    WidgetCreate,
    WidgetData,
    WidgetPatch,
)
from weft.wire.http import (
    CheckpointAnswer,
    CheckpointsListed,
    CollaboratorListed,
    CollaboratorOrder,
    DashboardFound,
    DashboardListed,
    DashboardOrder,
    DashboardWithWidgets,
    Listed,
    NewOwner,
    Online,
    OperationsListed,
    record_tag,
    version_tag,
)
from weft.wire.messages import Submission

Archived = Literal["false", "true", "any"]


class AdminDashboards:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def create(self, order: DashboardOrder) -> Dashboard:
        return Dashboard.from_wire(await self._requests.write("POST", "/api/dashboards", order))

    def all(
        self, user_id: UUID | None = None, archived: Archived = "false"
    ) -> AsyncIterator[DashboardListed]:
        """What the user owns or takes part in, last modified first."""
        query = {"userId": user_id, "archived": archived}
        return pages(self._requests, Listed[DashboardListed], "/api/dashboards", query)

    def search(
        self, text: str, user_id: UUID | None = None, archived: Archived = "false"
    ) -> AsyncIterator[DashboardFound]:
        """What the user may see, best first."""
        query = {"text": text, "userId": user_id, "archived": archived}
        return pages(self._requests, Listed[DashboardFound], "/api/dashboards/search", query)

    async def read(self, dashboard_id: UUID) -> DashboardWithWidgets:
        return await self._requests.get(DashboardWithWidgets, f"/api/dashboards/{dashboard_id}")

    async def change(
        self, dashboard_id: UUID, patch: DashboardPatch, at_version: int | None = None
    ) -> Dashboard:
        """Content, or one flag. `at_version`: only if nothing has changed since (`conflict`)."""
        path = f"/api/dashboards/{dashboard_id}"
        tag = None if at_version is None else version_tag(at_version)
        return Dashboard.from_wire(await self._requests.write("PATCH", path, patch, if_match=tag))

    async def hand_over(self, dashboard_id: UUID, user_id: UUID) -> DashboardMetadata:
        path = f"/api/dashboards/{dashboard_id}/owner"
        answer = await self._requests.write("PUT", path, NewOwner(user_id=user_id))
        return DashboardMetadata.from_wire(answer)

    async def delete(self, dashboard_id: UUID) -> None:
        await self._requests.write("DELETE", f"/api/dashboards/{dashboard_id}")


class AdminCollaborators:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    def all(self, dashboard_id: UUID) -> AsyncIterator[CollaboratorListed]:
        return pages(self._requests, Listed[CollaboratorListed], _collaborators(dashboard_id), {})

    def invitations(self, user_id: UUID | None = None) -> AsyncIterator[Collaborator]:
        """What waits for the user to accept."""
        query = {"userId": user_id}
        return pages(self._requests, Listed[Collaborator], "/api/invitations", query)

    async def read(self, dashboard_id: UUID, user_id: UUID) -> Collaborator:
        return await self._requests.get(Collaborator, _collaborators(dashboard_id, user_id))

    async def invite(self, dashboard_id: UUID, order: CollaboratorOrder) -> Collaborator:
        answer = await self._requests.write("POST", _collaborators(dashboard_id), order)
        return Collaborator.from_wire(answer)

    async def accept(self, dashboard_id: UUID, user_id: UUID) -> Collaborator:
        path = _collaborators(dashboard_id, user_id) + "/accept"
        return Collaborator.from_wire(await self._requests.write("POST", path))

    async def change(
        self,
        dashboard_id: UUID,
        user_id: UUID,
        patch: CollaboratorPatch,
        seen: Collaborator | None = None,
    ) -> Collaborator:
        """`seen`: only if it is still so (`conflict`)."""
        path, tag = _collaborators(dashboard_id, user_id), record_tag(seen) if seen else None
        answer = await self._requests.write("PATCH", path, patch, if_match=tag)
        return Collaborator.from_wire(answer)

    async def remove(self, dashboard_id: UUID, user_id: UUID) -> None:
        await self._requests.write("DELETE", _collaborators(dashboard_id, user_id))


class AdminWidgets:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    def all(self, dashboard_id: UUID) -> AsyncIterator[Widget]:
        return pages(self._requests, Listed[Widget], _widgets(dashboard_id), {})

    async def read(self, dashboard_id: UUID, widget_id: UUID) -> Widget:
        return await self._requests.get(Widget, _widgets(dashboard_id, widget_id))

    async def add(self, dashboard_id: UUID, widget: WidgetCreate) -> Widget:
        return Widget.from_wire(await self._requests.write("POST", _widgets(dashboard_id), widget))

    async def change(
        self, dashboard_id: UUID, widget_id: UUID, patch: WidgetPatch, seen: Widget | None = None
    ) -> Widget:
        """`seen`: only if it is still so (`conflict`)."""
        path, tag = _widgets(dashboard_id, widget_id), record_tag(seen) if seen else None
        return Widget.from_wire(await self._requests.write("PATCH", path, patch, if_match=tag))

    async def feed(self, dashboard_id: UUID, widget_id: UUID, value: dict[str, Any]) -> None:
        """The newest live data of a widget. Raises WeftError, as `rate_limited`."""
        path = _widgets(dashboard_id, widget_id) + "/data"
        data = WidgetData.from_wire(value)
        await self._requests.write("PUT", path, data, repeatable=True)

    async def remove(self, dashboard_id: UUID, widget_id: UUID, seen: Widget | None = None) -> None:
        path, tag = _widgets(dashboard_id, widget_id), record_tag(seen) if seen else None
        await self._requests.write("DELETE", path, if_match=tag)


class AdminHistory:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def operations(self, dashboard_id: UUID, version: int = 0) -> AsyncIterator[Submission]:
        """What was committed after `version`, up to now."""
        after: int | None = version
        while after is not None:
            path = f"/api/dashboards/{dashboard_id}/operations"
            page = await self._requests.get(OperationsListed, path, {"version": after})
            for submission in page.submissions:
                yield submission
            after = page.next_version

    async def checkpoints(self, dashboard_id: UUID) -> tuple[int, ...]:
        path = f"/api/dashboards/{dashboard_id}/checkpoints"
        return (await self._requests.get(CheckpointsListed, path)).versions

    async def checkpoint(self, dashboard_id: UUID, version: int) -> CheckpointAnswer:
        path = f"/api/dashboards/{dashboard_id}/checkpoints/{version}"
        return await self._requests.get(CheckpointAnswer, path)

    async def online(self, dashboard_id: UUID) -> tuple[UserProfile, ...]:
        """Who has it open now."""
        path = f"/api/dashboards/{dashboard_id}/online"
        return (await self._requests.get(Online, path)).users


class AdminTemplates:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    def all(self, category: str | None = None) -> AsyncIterator[DashboardTemplate]:
        query = {"category": category}
        return pages(self._requests, Listed[DashboardTemplate], "/api/templates", query)

    async def read(self, template_id: UUID) -> DashboardTemplate:
        return await self._requests.get(DashboardTemplate, f"/api/templates/{template_id}")

    async def create(self, template: TemplateCreate) -> DashboardTemplate:
        answer = await self._requests.write("POST", "/api/templates", template)
        return DashboardTemplate.from_wire(answer)

    async def replace(
        self, template_id: UUID, template: TemplateCreate, seen: DashboardTemplate | None = None
    ) -> DashboardTemplate:
        """`seen`: only if it is still so (`conflict`)."""
        path, tag = f"/api/templates/{template_id}", record_tag(seen) if seen else None
        answer = await self._requests.write("PUT", path, template, if_match=tag)
        return DashboardTemplate.from_wire(answer)

    async def delete(self, template_id: UUID) -> None:
        await self._requests.write("DELETE", f"/api/templates/{template_id}")


def _collaborators(dashboard_id: UUID, user_id: UUID | None = None) -> str:
    path = f"/api/dashboards/{dashboard_id}/collaborators"
    return path if user_id is None else f"{path}/{user_id}"


def _widgets(dashboard_id: UUID, widget_id: UUID | None = None) -> str:
    path = f"/api/dashboards/{dashboard_id}/widgets"
    return path if widget_id is None else f"{path}/{widget_id}"
