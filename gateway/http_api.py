"""The HTTP API of one gateway, put together: who may call, what is served, how it is described."""

from typing import Any

from fastapi import FastAPI

from gateway.http_app import app_routes
from gateway.http_audit import audit_routes
from gateway.http_authentication import BEARER
from gateway.http_cluster import cluster_routes
from gateway.http_collaborators import collaborator_routes, invitation_routes
from gateway.http_cors import add_cors
from gateway.http_dashboards import dashboard_routes
from gateway.http_demo import demo_routes
from gateway.http_feeds import feed_routes
from gateway.http_history import history_routes
from gateway.http_problems import add_problems
from gateway.http_sessions import session_routes
from gateway.http_status import status_routes
from gateway.http_surroundings import HttpSurroundings
from gateway.http_templates import template_routes
from gateway.http_users import user_routes
from gateway.http_webhooks import webhook_routes
from gateway.http_widget_types import widget_type_routes
from gateway.http_widgets import widget_routes
from weft.wire.http import ProblemAnswer

_ROOMS = (
    user_routes,
    session_routes,
    dashboard_routes,
    collaborator_routes,
    invitation_routes,
    widget_routes,
    feed_routes,
    history_routes,
    audit_routes,
    template_routes,
    webhook_routes,
    cluster_routes,
    widget_type_routes,
)


def create_app(around: HttpSurroundings) -> FastAPI:
    app = _Described(
        title="Weft",
        version="1",
        summary="Live dashboards: the HTTP API. Live editing itself is on the WebSocket.",
        docs_url=None,  # the pages would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.around = around
    add_problems(app)
    add_cors(app, around.allowed_origins)
    app.include_router(status_routes(around))
    app.include_router(app_routes(around))
    if around.demo_users:
        app.include_router(demo_routes(around))
    for routes in _ROOMS:
        app.include_router(routes(around), dependencies=[BEARER])
    return app


class _Described(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """With our problems in the place of the framework's own 422, which is never answered."""
        if self.openapi_schema is None:
            found = super().openapi()
            schemas = found["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            problem = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs") | {ProblemAnswer.__name__: problem}
            for path in found["paths"].values():
                for operation in path.values():
                    _drop_own_422(operation["responses"])
        assert self.openapi_schema is not None
        return self.openapi_schema


def _drop_own_422(responses: dict[str, Any]) -> None:
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
