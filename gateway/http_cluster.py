"""The cluster over HTTP, for the host product: who is there, how they are, where a dashboard is."""

import logging
from typing import Final, TypeVar

import orjson
from fastapi import APIRouter

from gateway.http_problems import documented
from gateway.http_requests import WRITES, ApiRoute, CallerOf, DashboardId, Sent
from gateway.http_surroundings import HttpSurroundings
from storage.query_ports import AuditEntry
from weft.errors import WeftError
from weft.models import Record
from weft.wire.cluster import ClusterReport, GatewayReport, OwnerReport, Place

log = logging.getLogger("weft.gateway.http")

READS: Final = documented()
CHANGES: Final = documented(writes=True)
Report = TypeVar("Report", bound=Record)


def cluster_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["cluster"], route_class=ApiRoute)
    directory, mover = around.directory, around.mover

    @router.get("/cluster", responses=READS)
    async def read_cluster(caller: CallerOf) -> ClusterReport:
        """For the host product: owners and gateways, as they have told in the last seconds."""
        caller.ask_host()
        told = await directory.reports()
        names = sorted(told)
        return ClusterReport(
            owners=tuple(_read(OwnerReport, "url", [told[name] for name in names])),
            gateways=tuple(_read(GatewayReport, "wsUrl", [told[name] for name in names])),
        )

    @router.put("/dashboards/{dashboardId}/place", responses=CHANGES, dependencies=WRITES)
    async def place_dashboard(
        dashboard_id: DashboardId, place: Sent[Place], caller: CallerOf
    ) -> Place:
        """For the host product: to the owner that is named, while people go on editing."""
        caller.ask_host()
        await mover.move(dashboard_id, place.owner_id)
        await around.stores.audit.record(  # after it: nothing of it is in PostgreSQL
            AuditEntry(
                "dashboard.moved",
                "dashboard",
                dashboard_id,
                dashboard_id=dashboard_id,
                new_values=place.to_wire(),
                ip_address=caller.actor.address,
                user_agent=caller.actor.user_agent,
            )
        )
        return place

    return router


def _read(kind: type[Report], mark: str, told: list[bytes]) -> list[Report]:
    """Of that kind, which have a field of this name; what is not a report is left out."""
    found = []
    for raw in told:
        try:
            content = orjson.loads(raw)
            if isinstance(content, dict) and mark in content:
                found.append(kind.from_wire(content))
        except (orjson.JSONDecodeError, WeftError) as error:
            log.warning("a member's report cannot be read: %s", error)
    return found
