"""Every error over HTTP is a problem (RFC 9457) with a code of the table in weft/errors.py."""

import logging
import math
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from weft.errors import Retry, WeftError
from weft.models import Problem, invalid
from weft.wire.content import printable
from weft.wire.http import ProblemAnswer

log = logging.getLogger("weft.gateway.http")

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 1  # for an error that says "later" and not when
_STATUS: Final = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "unknown_dashboard": 404,
    "target_missing": 404,
    "conflict": 409,
    "target_exists": 409,
    "in_flight": 409,
    "future_version": 409,
    "rebase_required": 409,
    "too_large": 413,
    "id_reused": 422,
    "rate_limited": 429,
    "refused": 403,
    "plugin_failed": 500,
    "plugin_unavailable": 503,
    "quarantined": 500,
    "unreadable": 500,
    "internal": 500,
    "misconfigured": 500,
    "migration_mismatch": 500,
    "storage_unavailable": 503,
    "owner_unavailable": 503,
    "owner_moved": 503,
    "going_away": 503,
}  # every other code is the request's own fault: 400
_READING: Final = (400, 401, 403, 404, 429, 500, 503)
_WRITING: Final = (*_READING, 408, 409, 412, 413, 415, 422)


class StatusError(WeftError):
    """An error whose status says more than its code does."""

    def __init__(self, status: int, code: str, message: str = "", **details: Any) -> None:
        super().__init__(code, message, **details)
        self.status = status


def status_of(error: WeftError) -> int:
    return error.status if isinstance(error, StatusError) else _STATUS.get(error.code, 400)


Documented = dict[int | str, dict[str, Any]]


def documented(*, writes: bool = False) -> Documented:
    """What a route may answer besides its own answer, for the OpenAPI."""
    schema = {"schema": {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}}
    return {
        status: {"description": _MEANING[status], "content": {MEDIA_TYPE: schema}}
        | ({"headers": _described(_HEADERS[status])} if status in _HEADERS else {})
        for status in sorted(_WRITING if writes else _READING)
    }


def telling(responses: Documented, status: int, *headers: str) -> Documented:
    """The same, and the headers that come with the answer itself."""
    return responses | {status: {"headers": _described(headers)}}


def _described(headers: Sequence[str]) -> dict[str, Any]:
    return {
        name: {"description": _HEADER_MEANING[name], "schema": {"type": "string"}}
        for name in headers
    }


def problem(error: WeftError, headers: dict[str, str] | None = None) -> JSONResponse:
    status = status_of(error)
    fields = {"type": f"urn:weft:error:{error.code}", "title": error.code, "status": status}
    told = headers or {}
    if error.retry is Retry.LATER:
        after_ms = error.details.get("retryAfterMs")
        seconds = math.ceil(after_ms / 1000) if after_ms else RETRY_AFTER_SECONDS
        told["Retry-After"] = str(seconds)
    if status == 401:
        told["WWW-Authenticate"] = "Bearer"
    if status == 408:
        told["Connection"] = "close"  # what still comes is no request
    return JSONResponse(
        error.to_json() | fields | {"detail": error.message}, status, told, MEDIA_TYPE
    )


def add_problems(app: FastAPI) -> None:
    """Whatever is raised in the app leaves it as a problem."""

    @app.exception_handler(WeftError)
    async def known(_request: Request, error: WeftError) -> JSONResponse:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def badly_asked(_request: Request, error: RequestValidationError) -> JSONResponse:
        """Of a path, a query or a header; bodies are checked by their models."""
        found = [
            Problem(_field(each["loc"][1:]), each["type"], each["msg"]) for each in error.errors()
        ]
        return problem(invalid(found))

    @app.exception_handler(HTTPException)
    async def unrouted(_request: Request, error: HTTPException) -> JSONResponse:
        code = "not_found" if error.status_code in (404, 405) else "malformed"
        told = StatusError(error.status_code, code, str(error.detail))
        return problem(told, dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, _error: Exception) -> JSONResponse:
        cause = str(uuid4())
        log.error("%s %s failed, cause %s", request.method, request.url.path, cause)
        return problem(WeftError("internal", cause=cause))


def _field(location: Sequence[Any]) -> str:
    return ".".join(printable(part) for part in location)


_HEADERS: Final = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    500: ("Retry-After",),
    503: ("Retry-After",),
}
_HEADER_MEANING: Final = {
    "ETag": "Of what is answered, for If-Match.",
    "Location": "Where it is.",
    "Retry-After": "Seconds, if the same may pass later.",
    "WWW-Authenticate": "Bearer.",
}
_MEANING: Final = {
    400: "The request is not well formed; `errors` names each field and rule.",
    401: "The token is missing, unknown, or has ended.",
    403: "The caller may not do this.",
    404: "No such thing, or not for this caller.",
    408: "The body did not come in time.",
    409: "It exists already, or the state of things does not allow it.",
    412: "It is not what If-Match names any more.",
    413: "A size limit is exceeded.",
    415: "The body is not application/json.",
    422: "The Idempotency-Key came before, with another request.",
    429: "Too much in too short a time: see Retry-After.",
    500: "A fault of the server, logged under `cause`.",
    503: "Something that the server needs does not answer now: see Retry-After.",
}
