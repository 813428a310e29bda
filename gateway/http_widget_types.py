"""Which types of widget this deployment knows, and what each may hold: an app offers these."""

from typing import Final

from fastapi import APIRouter

from gateway.http_problems import documented
from gateway.http_requests import ApiRoute, CallerOf
from gateway.http_surroundings import HttpSurroundings
from weft.models import SEED_WIDGET_TYPES
from weft.plugins.widget_schema import schema_of
from weft.wire.http import Listed, WidgetTypeShown

READS: Final = documented()


def widget_type_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/widget-types", tags=["widgets"], route_class=ApiRoute)
    shown = tuple(
        WidgetTypeShown.model_construct(
            name=kind.name,
            is_custom=kind.name not in SEED_WIDGET_TYPES,
            config_schema=schema_of(kind.config),
            data_schema=schema_of(kind.data),
        )
        for kind in around.widget_types.kinds()
    )

    @router.get("", responses=READS)
    async def list_widget_types(_: CallerOf) -> Listed[WidgetTypeShown]:
        """With the JSON Schemas of config and data; one that is empty says nothing."""
        return Listed[WidgetTypeShown](items=shown)

    return router
