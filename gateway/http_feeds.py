"""Live data over HTTP: for producers that have no socket, such as a cron job or a database's hook.

A value goes the way of those that come over a socket; the answer is the owner's.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path

from gateway.feeds_loop import Producer
from gateway.http_problems import documented
from gateway.http_requests import ApiRoute, CallerOf, DashboardId, Sent
from gateway.http_surroundings import HttpSurroundings
from weft.models import WidgetData

FEEDS: Final = documented(writes=True)


def feed_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(
        prefix="/api/dashboards/{dashboardId}/widgets/{widgetId}/data",
        tags=["widgets"],
        route_class=ApiRoute,
    )

    @router.put("", status_code=204, responses=FEEDS)
    async def feed_widget(
        dashboard_id: DashboardId,
        widget_id: Annotated[UUID, Path(alias="widgetId")],
        value: Sent[WidgetData],
        caller: CallerOf,
    ) -> None:
        """The newest live data of a widget, up to 50 times a second: the latest wins. Everyone who
        has the dashboard open is shown it; no history keeps it, and `data` stays as it is.
        """
        producer = Producer(caller.user_id(), dashboard_id, caller.actor.address)
        await around.feeds.put(producer, widget_id, value.model_extra or {})

    return router
