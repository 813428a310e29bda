"""Law 7, bad input is answered: what every request of the API passes before its route sees it.

In this order: who calls; that the query names nothing unknown; that a body is JSON, not larger and
not deeper than it may be, without what cannot be stored; and whether it was answered before.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Body, Depends, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import AfterValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from starlette.requests import ClientDisconnect

from gateway.access import Access, Caller
from gateway.http_authentication import caller_of
from gateway.http_idempotency import SAFE_METHODS, answered_once
from gateway.http_problems import StatusError
from gateway.http_surroundings import HttpSurroundings, now_ms
from weft import limits
from weft.errors import WeftError
from weft.models import Problem, Record, invalid
from weft.models.json_content import checked_text
from weft.wire.codec import FrameError, decode_object
from weft.wire.content import printable

Model = TypeVar("Model", bound=Record)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _FromWire:
    """By the model's own door: its names on the wire alone, and its errors."""

    def __get_pydantic_core_schema__(
        self, source: type[Record], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def read(content: Any, _: Any) -> Record:
            return source.from_wire(content)

        return core_schema.no_info_wrap_validator_function(read, handler(source))


Sent = Annotated[Model, Body(), _FromWire()]
QueryText = Annotated[str, AfterValidator(checked_text)]
DashboardId = Annotated[UUID, Path(alias="dashboardId")]
UserId = Annotated[UUID, Path(alias="userId")]
After = Annotated[
    QueryText | None,
    Query(description="`nextCursor` of the page before.", max_length=limits.CURSOR_MAX_CHARACTERS),
]
Limit = Annotated[int, Query(ge=1, le=limits.PAGE_MAX_ITEMS)]
AtVersion = Annotated[int, Path(alias="version", ge=0, le=limits.VERSION_MAX)]
AfterVersion = Annotated[int, Query(alias="version", ge=0, le=limits.VERSION_MAX)]


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]


async def _access(request: Request) -> Access:
    around: HttpSurroundings = request.app.state.around
    return Access(around.stores.identity, around.seen, request.state.caller, now_ms)


AccessOf = Annotated[Access, Depends(_access)]


async def _key(
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=limits.IDEMPOTENCY_KEY_MAX_CHARACTERS,
            description="Of your choice. The same request with the same key is done once.",
        ),
    ] = None,
) -> None:
    """For the OpenAPI, and its length; `answered_once` does the work."""


WRITES: Final = [Depends(_key)]


class ApiRoute(APIRoute):
    """A route for callers who are known. Optional fields without a value are left out."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["response_model_exclude_none"] = True
        super().__init__(*arguments, **options)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        known = {field.alias for field in self.dependant.query_params}

        async def passed(request: Request) -> Response:
            around: HttpSurroundings = request.app.state.around
            caller = await caller_of(request, around)
            _check_rate(caller, around)
            _check_query(request, known)
            checked = await _checked(request)
            response = await answered_once(around.stores.keys, caller, checked, handle)
            response.headers["Cache-Control"] = "no-store"
            return response

        return passed


class _CheckedRequest(Request):
    """Its body has been read and parsed."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self._checked = body
        self._content = decode_object(body) if body else None

    async def body(self) -> bytes:
        return self._checked

    async def json(self) -> Any:
        return self._content


def _check_rate(caller: Caller, around: HttpSurroundings) -> None:
    """With what the user does on sockets. Raises WeftError rate_limited; the host product has no
    rate.
    """
    if not caller.is_host:
        wait_ms = around.limiter.take(caller.user_id(), "operations", now_ms())
        if wait_ms:
            raise WeftError("rate_limited", retryAfterMs=wait_ms)


async def _checked(request: Request) -> _CheckedRequest:
    if request.method in SAFE_METHODS:  # a body there means nothing
        return _CheckedRequest(request, b"")
    body = await _bounded_body(request)
    if body and not _is_json(request.headers.get("content-type", "")):
        raise StatusError(415, "malformed", "The body is not application/json.")
    try:
        return _CheckedRequest(request, body)
    except FrameError as error:
        details = {name: value for name, value in error.details.items() if name != "about"}
        message = error.message.replace("The frame", "The body")
        raise WeftError(error.code, message, **details) from None


async def _bounded_body(request: Request) -> bytes:
    """Refused as soon as it says, or turns out, to be too large, or does not come."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.HTTP_BODY_MAX_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(limits.HTTP_BODY_TIMEOUT_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.HTTP_BODY_MAX_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise StatusError(408, "malformed", "The body did not come in time.") from None
    except ClientDisconnect:
        raise WeftError("malformed", "The body broke off.") from None  # nobody hears it
    return bytes(body)


def _too_large() -> WeftError:
    return WeftError("too_large", f"A body has more than {limits.HTTP_BODY_MAX_BYTES} bytes.")


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _check_query(request: Request, known: set[str]) -> None:
    """A filter that is misspelt, or said twice, must not be one that is not there."""
    names = [name for name, _ in request.query_params.multi_items()]
    problems = [
        Problem(printable(name), rule, message)
        for name in dict.fromkeys(names)
        for rule, message, applies in (
            ("extra_forbidden", "No such query parameter", name not in known),
            ("repeated", "Say it once", names.count(name) > 1),
        )
        if applies
    ]
    if problems:
        raise invalid(problems)
