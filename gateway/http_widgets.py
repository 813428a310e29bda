"""Widgets over HTTP. Each change is an operation through the dashboard's owner: a locked widget,
a permission by type, and everyone who has the dashboard open are treated as by any editor.
"""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Response

from gateway.content_edits import new_widget, removal, widget_edits
from gateway.http_content import Contents
from gateway.http_preconditions import IfMatch, check_match
from gateway.http_problems import documented, telling
from gateway.http_requests import (
    WRITES,
    AccessOf,
    After,
    ApiRoute,
    CallerOf,
    DashboardId,
    Limit,
    Sent,
)
from gateway.http_surroundings import HttpSurroundings
from storage.cursor import decode_cursor, page_of
from storage.query_ports import DashboardContent
from weft.errors import WeftError
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import Widget, WidgetCreate, WidgetPatch
from weft.wire.http import Listed, record_tag

READS: Final = documented()
CHANGES: Final = documented(writes=True)
WidgetId = Annotated[UUID, Path(alias="widgetId")]


def widget_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(
        prefix="/api/dashboards/{dashboardId}/widgets", tags=["widgets"], route_class=ApiRoute
    )
    _add_reading(router, Contents(around))
    _add_changes(router, around)
    return router


def _add_reading(router: APIRouter, contents: Contents) -> None:
    @router.get("", responses=READS)
    async def list_widgets(
        dashboard_id: DashboardId,
        access: AccessOf,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[Widget]:
        """In the order they were made."""
        await access.ask_to_read(dashboard_id)
        begin = decode_cursor("widgets", after, datetime, UUID)
        content = await contents.read(dashboard_id)
        rest = [each for each in content.widgets if after is None or _place(each) > begin]
        page = page_of("widgets", rest[: limit + 1], limit, _place)
        return Listed[Widget](items=page.items, next_cursor=page.next_cursor)

    @router.get("/{widgetId}", responses=telling(READS, 200, "ETag"))
    async def read_widget(
        dashboard_id: DashboardId, widget_id: WidgetId, access: AccessOf, response: Response
    ) -> Widget:
        await access.ask_to_read(dashboard_id)
        return _tagged(_widget(await contents.read(dashboard_id), widget_id), response)


def _add_changes(router: APIRouter, around: HttpSurroundings) -> None:
    contents, types = Contents(around), around.widget_types

    @router.post(
        "",
        status_code=201,
        responses=telling(CHANGES, 201, "ETag", "Location"),
        dependencies=WRITES,
    )
    async def add_widget(
        dashboard_id: DashboardId,
        widget: Sent[WidgetCreate],
        caller: CallerOf,
        access: AccessOf,
        response: Response,
    ) -> Widget:
        types.check(widget.type, widget.config, widget.data)
        await access.ask_to_read(dashboard_id)
        widget_id = widget.id or caller.request_id or uuid4()
        seen = await contents.read(dashboard_id)
        await contents.edit(caller, access, seen, new_widget(widget_id, widget))
        response.headers["Location"] = f"/api/dashboards/{dashboard_id}/widgets/{widget_id}"
        return _tagged(_widget(await contents.read(dashboard_id), widget_id), response)

    @router.patch("/{widgetId}", responses=telling(CHANGES, 200, "ETag"), dependencies=WRITES)
    async def change_widget(
        *,
        dashboard_id: DashboardId,
        widget_id: WidgetId,
        patch: Sent[WidgetPatch],
        caller: CallerOf,
        access: AccessOf,
        response: Response,
        if_match: IfMatch = None,
    ) -> Widget:
        """What is sent replaces what was there, field by field."""
        await access.ask_to_read(dashboard_id)
        seen = await contents.read(dashboard_id)
        widget = _widget(seen, widget_id)
        must_stay = check_match(if_match, record_tag(widget))
        if patch.config is not None or patch.data is not None:
            types.check(widget.type, patch.config, patch.data)
        edits = widget_edits(widget_id, patch)
        guard = str(widget_id) if must_stay else None
        await contents.edit(caller, access, seen, edits, guard)
        return _tagged(_widget(await contents.read(dashboard_id), widget_id), response)

    @router.delete("/{widgetId}", status_code=204, responses=CHANGES, dependencies=WRITES)
    async def remove_widget(
        dashboard_id: DashboardId,
        widget_id: WidgetId,
        caller: CallerOf,
        access: AccessOf,
        if_match: IfMatch = None,
    ) -> None:
        await access.ask_to_read(dashboard_id)
        seen = await contents.read(dashboard_id)
        must_stay = check_match(if_match, record_tag(_widget(seen, widget_id)))
        guard = str(widget_id) if must_stay else None
        await contents.edit(caller, access, seen, removal(widget_id), guard)


def _widget(content: DashboardContent, widget_id: UUID) -> Widget:
    for widget in content.widgets:
        if widget.id == widget_id:
            return widget
    raise WeftError("target_missing")


def _place(widget: Widget) -> tuple[datetime, UUID]:
    return widget.created_at, widget.id


def _tagged(widget: Widget, response: Response) -> Widget:
    response.headers["ETag"] = record_tag(widget)
    return widget
