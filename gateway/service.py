"""One gateway, whole: client sockets, the way to the owners, and the HTTP API. Needs no Ray."""

from dataclasses import dataclass
from typing import Any

from gateway.attachment_loop import OwnerFinder, Route
from gateway.http_api import HttpSurroundings, create_app
from gateway.http_server import HttpServer
from gateway.link_loop import OwnerLinks
from gateway.record_loop import DirectoryRecorder
from gateway.websocket_server import Surroundings, WebSocketServer
from storage.ports import Accounts, Directory


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Port 0: any free one. `http_port` None: no HTTP."""

    gateway_id: str
    link_secret: str
    admin_key: str
    host: str = "127.0.0.1"
    ws_port: int = 0
    http_port: int | None = 0


class GatewayService:
    """`start`, then `stop`, in one event loop."""

    def __init__(self, settings: GatewaySettings, accounts: Accounts, directory: Directory) -> None:
        self.settings = settings
        self.ws_url = ""
        self.http_url = ""
        self._accounts = accounts
        self._directory = directory
        self._http = HttpServer()

    async def start(self) -> None:
        settings = self.settings
        self._links = OwnerLinks(settings.gateway_id, settings.link_secret)
        self._recorder = DirectoryRecorder(self._directory, settings.gateway_id)
        route = Route(OwnerFinder(self._directory), self._links)
        self._sockets = WebSocketServer(Surroundings(self._accounts, self._recorder, route))
        port = await self._sockets.start(settings.host, settings.ws_port)
        self.ws_url = f"ws://{_in_url(settings.host)}:{port}"
        if settings.http_port is not None:
            self._start_http(settings.http_port)

    async def stop(self) -> None:
        """Send every client elsewhere, then close the links and write what waits."""
        await self._sockets.stop()
        await self._links.close()
        await self._recorder.close()
        await self._http.stop()

    def status(self) -> dict[str, Any]:
        """Counts, as JSON."""
        return {
            "gatewayId": self.settings.gateway_id,
            "wsUrl": self.ws_url,
            "httpUrl": self.http_url,
            **self._sockets.counts(),
        }

    def _start_http(self, port: int) -> None:
        bound, port = self._http.listen(self.settings.host, port)
        self.http_url = f"http://{_in_url(self.settings.host)}:{port}"
        around = HttpSurroundings(
            self.settings.gateway_id,
            self.ws_url,
            self.settings.admin_key,
            self._accounts,
            self._directory,
        )
        self._http.start(create_app(around), bound)


def _in_url(host: str) -> str:
    """IPv6 addresses stand in brackets; who listens everywhere is reached here."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
