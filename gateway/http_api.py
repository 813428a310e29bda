"""The HTTP API of one gateway: health, readiness, and what an administrator sets up.

Every error is `application/problem+json` with a code of the table in weft/errors.py.
"""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException

from gateway.http_page import page
from gateway.http_readiness import WELL, readiness
from storage.ports import Accounts, Directory
from weft import limits
from weft.errors import WeftError
from weft.wire.content import printable

log = logging.getLogger("weft.gateway.http")

BODY_MAX_BYTES: Final = 65_536
_STATUS: Final = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "unknown_dashboard": 404,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "internal": 500,
    "storage_unavailable": 503,
    "owner_unavailable": 503,
}  # every other code is the request's own fault: 400


class ApiModel(BaseModel):
    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class NewUser(ApiModel):
    email: Annotated[str, Field(min_length=3, max_length=limits.EMAIL_MAX_CHARACTERS)]
    username: Annotated[str, Field(min_length=1, max_length=limits.USERNAME_MAX_CHARACTERS)]
    full_name: Annotated[str, Field(max_length=limits.FULL_NAME_MAX_CHARACTERS)] | None = None


class NewSession(ApiModel):
    user_id: UUID
    ttl_seconds: Annotated[float, Field(gt=0, le=limits.SESSION_TTL_MAX_SECONDS)] = (
        limits.SESSION_TTL_SECONDS
    )


class NewDashboard(ApiModel):
    owner_id: UUID
    title: Annotated[str, Field(max_length=limits.TITLE_MAX_CHARACTERS)]


class NewCollaborator(ApiModel):
    user_id: UUID
    role: Literal["viewer", "editor", "admin"]


class Created(ApiModel):
    id: UUID


class CreatedSession(ApiModel):
    """`token` is shown here and never again; `expiresAt` in ms since epoch."""

    token: str
    session_id: UUID
    expires_at: int


@dataclass(frozen=True, slots=True)
class HttpSurroundings:
    """What the API works with, and what it says of its gateway."""

    gateway_id: str
    ws_url: str
    admin_key: str
    accounts: Accounts
    directory: Directory


def create_app(around: HttpSurroundings) -> FastAPI:
    app = FastAPI(
        title="Weft",
        version="1",
        docs_url=None,  # the pages would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = _BoundedRoute
    _add_problems(app)
    _add_status_routes(app, around)
    _add_admin_routes(app, around)
    return app


def _add_status_routes(app: FastAPI, around: HttpSurroundings) -> None:
    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def front() -> str:
        return page(around.gateway_id, around.ws_url)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """This process answers."""
        return {"status": "ok", "gatewayId": around.gateway_id}

    @app.get("/ready")
    async def ready() -> JSONResponse:
        """PostgreSQL and Redis answer, and there is an owner; 503 names what is missing."""
        checks = await readiness(around.accounts, around.directory)
        well = all(answer == WELL for answer in checks.values())
        return JSONResponse({"ready": well, "checks": checks}, 200 if well else 503)


def _add_admin_routes(app: FastAPI, around: HttpSurroundings) -> None:
    accounts = around.accounts
    admin = [Depends(_require_admin(around.admin_key))]

    @app.post("/api/users", status_code=201, dependencies=admin)
    async def create_user(user: NewUser) -> Created:
        return Created(id=await accounts.create_user(user.email, user.username, user.full_name))

    @app.post("/api/sessions", status_code=201, dependencies=admin)
    async def create_session(session: NewSession) -> CreatedSession:
        """A session token for a user. Only its hash is stored."""
        token = secrets.token_urlsafe(32)
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        expires_at = int((time.time() + session.ttl_seconds) * 1000)
        session_id = await accounts.create_session(session.user_id, token_hash, session.ttl_seconds)
        return CreatedSession(token=token, session_id=session_id, expires_at=expires_at)

    @app.post("/api/dashboards", status_code=201, dependencies=admin)
    async def create_dashboard(dashboard: NewDashboard) -> Created:
        return Created(id=await accounts.create_dashboard(dashboard.owner_id, dashboard.title))

    @app.post("/api/dashboards/{dashboard_id}/collaborators", status_code=204, dependencies=admin)
    async def add_collaborator(dashboard_id: UUID, collaborator: NewCollaborator) -> None:
        await accounts.share(dashboard_id, collaborator.user_id, collaborator.role)


def _require_admin(admin_key: str) -> Callable[..., Awaitable[None]]:
    bearer = HTTPBearer(auto_error=False, description="the admin key")

    async def require(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        if given is None or not hmac.compare_digest(given.credentials.encode(), admin_key.encode()):
            raise WeftError("unauthenticated", "The admin key is missing or wrong.")

    return require


class _BoundedRoute(APIRoute):
    """A body must say its length, within the limit, before any of it is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            length = request.headers.get("content-length", "")
            if request.method == "POST" and not length.isdecimal():
                raise WeftError("malformed", "A body must come with its Content-Length.")
            if length and int(length) > BODY_MAX_BYTES:
                raise WeftError("too_large", f"A body has more than {BODY_MAX_BYTES} bytes.")
            return await handle(request)

        return bounded


def _add_problems(app: FastAPI) -> None:
    @app.exception_handler(WeftError)
    async def known(_request: Request, error: WeftError) -> JSONResponse:
        return _problem(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(printable(part) for part in first["loc"])
        return _problem(WeftError("invalid_message", f"{where}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> JSONResponse:
        code = "not_found" if error.status_code in (404, 405) else "malformed"
        return _problem(WeftError(code, str(error.detail)), error.status_code)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, _error: Exception) -> JSONResponse:
        cause = str(uuid4())
        log.error("%s %s failed, cause %s", request.method, request.url.path, cause)
        return _problem(WeftError("internal", cause=cause))


def _problem(error: WeftError, status: int | None = None) -> JSONResponse:
    status = status or _STATUS.get(error.code, 400)
    fields = {"type": f"urn:weft:error:{error.code}", "title": error.code, "status": status}
    return JSONResponse(
        fields | {"detail": error.message} | error.to_json(),
        status,
        media_type="application/problem+json",
    )
