"""The audit trail over HTTP: all of it for the host product; of a dashboard, for its admins."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from gateway.http_problems import documented
from gateway.http_requests import AccessOf, After, ApiRoute, CallerOf, Limit, QueryText
from gateway.http_surroundings import HttpSurroundings
from storage.query_ports import AuditFilter
from weft.errors import WeftError
from weft.limits import (
    AUDIT_ACTION_MAX_CHARACTERS,
    AUDIT_ENTITY_TYPE_MAX_CHARACTERS,
    PAGE_DEFAULT_ITEMS,
)
from weft.models import AuditLog
from weft.models.field import Instant
from weft.wire.http import Listed

READS: Final = documented()
Action = Annotated[QueryText | None, Query(max_length=AUDIT_ACTION_MAX_CHARACTERS)]
EntityType = Annotated[
    QueryText | None, Query(alias="entityType", max_length=AUDIT_ENTITY_TYPE_MAX_CHARACTERS)
]


def audit_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/audit", tags=["audit"], route_class=ApiRoute)
    audit = around.stores.audit

    @router.get("", responses=READS)
    async def list_audit(
        *,
        caller: CallerOf,
        access: AccessOf,
        user_id: Annotated[UUID | None, Query(alias="userId", description="Who did it.")] = None,
        dashboard_id: Annotated[UUID | None, Query(alias="dashboardId")] = None,
        action: Action = None,
        entity_type: EntityType = None,
        entity_id: Annotated[UUID | None, Query(alias="entityId")] = None,
        since: Annotated[Instant | None, Query(description="Inclusive.")] = None,
        until: Annotated[Instant | None, Query(description="Exclusive.")] = None,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[AuditLog]:
        """Who did what to which entity, newest first; all that is asked for must hold.

        A user names a dashboard that they may administrate.
        """
        if not caller.is_host:
            if dashboard_id is None:
                raise WeftError("forbidden", "A user reads the trail of one dashboard: name it.")
            await access.ask(dashboard_id, "admin", "dashboard")
        wanted = AuditFilter(user_id, dashboard_id, action, entity_type, entity_id, since, until)
        page = await audit.entries(wanted, after=after, limit=limit)
        return Listed[AuditLog](items=page.items, next_cursor=page.next_cursor)

    return router
