"""The live app over HTTP: one page, its files by hash, and the policy that guards them.

Law 7 in the browser: whatever is in a document, it is data. The page may run scripts of its own
files alone, connect to this gateway alone, and show others' pages only inside sandboxed frames.
"""

import gzip
import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gateway.http_page import page
from gateway.http_surroundings import HttpSurroundings
from weft.errors import WeftError
from weft.models.record import Record

FOLDER: Final = Path(__file__).parent / "app"  # built from web/app: `make app`
IMMUTABLE: Final = "public, max-age=31536000, immutable"  # its name changes with its content
REVALIDATED: Final = "no-cache"
CLIENT: Final = "weft.js"  # the client library under a name that stays, for pages without a build
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
_HOST: Final = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_PLAIN_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_NOBODY: Final = "'none'"
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class AppConfig(Record):
    """What the page asks first. `demoUsers`: who may sign in with one click; as a rule nobody.
    `embedOrigins`: whose pages may show this one in a frame, and tell it who their user is.
    """

    ws_url: str
    demo_users: tuple[str, ...] = Field(default=())
    embed_origins: tuple[str, ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class BuiltFile:
    content: bytes
    zipped: bytes
    media_type: str
    tag: str


def built_files(folder: Path = FOLDER) -> dict[str, BuiltFile]:
    """By name; empty when the app is not built."""
    found = sorted(path for path in folder.glob("*") if path.suffix in _TYPES)
    return {path.name: _built(path) for path in found}


def app_routes(around: HttpSurroundings, folder: Path = FOLDER) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    files = built_files(folder)
    index = files.pop("index.html", None)
    client = files.pop(CLIENT, None)

    async def front(request: Request) -> Response:
        """The app, which finds by its address what to show; without it, where to connect."""
        if index is None:
            return _plain_page(around)
        ws_url = ws_url_for(request.headers.get("host", ""), around)
        answer = _answer(request, index, REVALIDATED)
        answer.headers.update(_guarded(policy(ws_url, around.allowed_origins)))
        return answer

    router.add_api_route("/", front, methods=["GET"])
    router.add_api_route("/d/{dashboard_id}", front, methods=["GET"])

    @router.get("/about")
    async def about() -> Response:
        return _plain_page(around)

    @router.get("/app.json")
    async def config(request: Request) -> Response:
        told = AppConfig(
            ws_url=ws_url_for(request.headers.get("host", ""), around),
            demo_users=around.demo_users,
            embed_origins=around.allowed_origins,
        )
        headers = {"Cache-Control": "no-store"}
        return Response(told.model_dump_json(by_alias=True), 200, headers, "application/json")

    @router.get(f"/{CLIENT}")
    async def library(request: Request) -> Response:
        """For pages of any origin: it is public, and does nothing without a token."""
        if client is None:
            raise WeftError("not_found", "The app is not built.")
        answer = _answer(request, client, REVALIDATED)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    @router.get("/app/{name}")
    async def asset(request: Request, name: str) -> Response:
        file = files.get(name)
        if file is None:
            raise WeftError("not_found", "No such file.")
        return _answer(request, file, IMMUTABLE)

    return router


def policy(ws_url: str, embedders: tuple[str, ...] = ()) -> str:
    """The Content-Security-Policy of the page. `embedders`: origins that may show it in a frame."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' data: https:",
            "media-src https:",
            "frame-src https:",  # only ever in a sandboxed frame
            f"connect-src 'self' {ws_url}",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {' '.join(embedders) or _NOBODY}",
        ]
    )


def ws_url_for(host: str, around: HttpSurroundings) -> str:
    """Where the page's socket goes: as configured, else to the host that the page came from."""
    if around.public_ws_url is not None:
        return around.public_ws_url
    match = _HOST.fullmatch(host)
    if match is None:
        return around.ws_url
    return f"ws://{match[1]}:{urlsplit(around.ws_url).port}"


def is_local(host: str) -> bool:
    """Whether the page was asked for by a name of this machine, not one that leads here."""
    match = _HOST.fullmatch(host)
    return match is not None and match[1].strip("[]").lower() in _LOOPBACK


def _plain_page(around: HttpSurroundings) -> Response:
    html = page(around.gateway_id, around.ws_url)
    return Response(html, media_type="text/html", headers=_guarded(_PLAIN_POLICY))


def _guarded(policy: str) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if policy.endswith(f"frame-ancestors {_NOBODY}"):
        headers["X-Frame-Options"] = "DENY"  # for who does not know the policy; it names no origins
    return headers


def _answer(request: Request, file: BuiltFile, caching: str) -> Response:
    headers = {
        "Cache-Control": caching,
        "ETag": file.tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"], content = "gzip", file.zipped
    return Response(content, headers=headers, media_type=file.media_type)


def _built(path: Path) -> BuiltFile:
    content = path.read_bytes()
    tag = f'W/"{blake2b(content, digest_size=12).hexdigest()}"'
    return BuiltFile(content, gzip.compress(content, 6), _TYPES[path.suffix], tag)
