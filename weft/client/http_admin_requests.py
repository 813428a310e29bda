"""HTTP for the admin client: a request that failed on its way is sent again and done once.

Every write has an Idempotency-Key of its own, so that trying again never doubles it. httpx is an
extra of this package, and asked for when a client is made.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

import orjson

from weft.errors import CODES, Fault, Retry, WeftError
from weft.models import Record

if TYPE_CHECKING:
    import httpx

ATTEMPTS: Final = 3
WAIT_MAX_SECONDS: Final = 5.0  # whatever Retry-After says
TIMEOUT_SECONDS: Final = 30.0
PORT_MAX: Final = 65_535
_ENVELOPE: Final = {"type", "title", "status", "detail", "code", "message", "fault", "retry"}
Model = TypeVar("Model", bound=Record)


class AdminRequests:
    """`url`: a gateway's http://…; `transport`: for tests, or for a network of your own."""

    def __init__(
        self, url: str, token: str, transport: "httpx.AsyncBaseTransport | None" = None
    ) -> None:
        try:
            import httpx  # noqa: PLC0415  (an extra)
        except ModuleNotFoundError:
            message = "The admin client needs httpx: pip install 'weft[admin]'"
            raise WeftError("misconfigured", message) from None
        self._unanswered = httpx.TransportError
        try:
            if (httpx.URL(url).port or 0) > PORT_MAX:
                raise httpx.InvalidURL(url)
            self._http = httpx.AsyncClient(
                base_url=url.rstrip("/"),
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT_SECONDS,
                transport=transport,
                verify=not url.startswith("http://"),  # to read all authorities takes 30 ms
                trust_env=False,  # the token goes to `url` and nowhere else
            )
        except (httpx.InvalidURL, UnicodeEncodeError):  # of the URL, or of the header
            message = "The URL or the token cannot be used as it is."
            raise WeftError("misconfigured", message) from None

    async def close(self) -> None:
        await self._http.aclose()

    async def get(
        self, kind: type[Model], path: str, query: Mapping[str, Any] | None = None
    ) -> Model:
        return kind.from_wire(await self._send("GET", path, query=query))

    async def write(
        self,
        method: str,
        path: str,
        body: Record | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        if_match: str | None = None,
        repeatable: bool = False,
    ) -> Any:
        """The answer as JSON; None for one without content. `repeatable`: done twice is done once,
        so nobody need remember the answer.
        """
        headers = {} if repeatable else {"Idempotency-Key": str(uuid4())}
        if if_match is not None:
            headers["If-Match"] = if_match
        content = None
        if body is not None:  # what was not said is the server's to fill: from a template, say
            said = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
            content = orjson.dumps(said)
            headers["Content-Type"] = "application/json"
        return await self._send(method, path, query=query, headers=headers, content=content)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            wait_seconds = 0.1 * attempt
            try:
                answer = await self._http.request(
                    method, path, params=_told(query), headers=headers, content=content
                )
            except self._unanswered as error:
                message = f"{self._http.base_url} does not answer: {error or type(error).__name__}"
                refusal = WeftError("misconfigured", message)
            else:
                if answer.is_success:
                    return orjson.loads(answer.content) if answer.content else None
                refusal = problem_in(answer)
                if refusal.retry is not Retry.LATER:
                    raise refusal
                wait_seconds = max(wait_seconds, _retry_after(answer))
            if attempt == ATTEMPTS:
                raise refusal
            await asyncio.sleep(min(wait_seconds, WAIT_MAX_SECONDS))
        raise AssertionError("the last attempt raises or returns")


def problem_in(answer: "httpx.Response") -> WeftError:
    """The error that a problem tells of, even if its code is younger than this client."""
    try:
        fields = orjson.loads(answer.content)
        code, details = fields["code"], {k: v for k, v in fields.items() if k not in _ENVELOPE}
        known = code in CODES
        if not known:
            details["unknown_code"] = code
        error = WeftError(code if known else "internal", fields["message"], **details)
        error.fault, error.retry = Fault(fields["fault"]), Retry(fields["retry"])
    except (ValueError, KeyError, TypeError):  # not from a gateway: a proxy in between
        message = f"{answer.url} answers {answer.status_code} {answer.reason_phrase}"
        return WeftError("internal", message)
    return error


def _retry_after(answer: "httpx.Response") -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def _told(query: Mapping[str, Any] | None) -> dict[str, str] | None:
    """What is None is not asked."""
    if query is None:
        return None
    return {name: _text(value) for name, value in query.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
