"""One gateway, whole: client sockets, the way to the owners, and the HTTP API. Needs no Ray."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex
from typing import Any
from uuid import UUID

from gateway.attachment_loop import OwnerFinder, Route
from gateway.authentication import Authenticator, SessionFinder, SessionTokens, SignedTokens
from gateway.client_connection_loop import Surroundings
from gateway.delivery import DeliveryRules
from gateway.doorway import Bounds
from gateway.feeds_loop import Feeds
from gateway.gateway_figures import GatewayFigures
from gateway.grants_loop import LinkedEnforcement
from gateway.heartbeat_loop import GatewayHeartbeat
from gateway.http_api import create_app
from gateway.http_doorway import bounded_http
from gateway.http_server import HttpServer
from gateway.http_surroundings import ApiStores, HttpSurroundings
from gateway.link_loop import OwnerLinks
from gateway.moving_loop import LinkedMover
from gateway.owner_edits_loop import LinkedOwnerEdits
from gateway.plugin_authentication import PluginTokens
from gateway.presence_loop import PresenceService
from gateway.rate_limit import DEFAULT_GLOBAL_RATES, DEFAULT_RATES, Rate, RateLimiter
from gateway.rate_loop import RateSync
from gateway.record_loop import DirectoryRecorder
from gateway.revocation_loop import SessionWatch
from gateway.signed_token import TokenRules
from gateway.socket_doorway_server import SocketDoorway
from gateway.socket_figures import SocketFigures
from gateway.tls_file import TlsFiles
from gateway.webhook_service import WebhookService
from gateway.websocket_server import WebSocketServer
from storage.ending_loop import end
from storage.identity_cache import IdentityCache
from storage.identity_consequences import with_consequences
from storage.memory_presence import MemoryPresence
from storage.memory_shared_identity import memory_shared_identity
from storage.plugin_grants import narrowed_sharing
from storage.ports import Directory
from storage.presence import PresenceStore
from storage.report_loop import keep_reporting
from storage.shared_identity import SharedIdentity
from weft.measures import Measures
from weft.models.address import Network, in_url
from weft.plugins.plugin_service import Plugins
from weft.tracing import Tracer


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Port 0: any free one. `http_port` None: no HTTP. `token_rules` None: no signed tokens.
    `deliveries` None: webhooks are left to other gateways.
    """

    gateway_id: str
    link_secret: str = field(repr=False)
    admin_key: str = field(repr=False)
    host: str = "127.0.0.1"
    address: str = ""  # of its node, as others reach it
    ws_port: int = 0
    http_port: int | None = 0
    token_rules: TokenRules | None = None
    trusted_proxies: tuple[Network, ...] = ()
    deliveries: DeliveryRules | None = field(default_factory=DeliveryRules)
    public_ws_url: str | None = None  # of this gateway, as browsers reach it
    demo_users: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()  # of pages, as https://example.org; none: any
    tls: TlsFiles | None = None  # None: plain ws:// and http://
    bounds: Bounds = field(default_factory=Bounds)
    plugins: tuple[str, ...] = ()  # as `load_plugins` wants them
    widget_schemas: Mapping[str, Any] = field(default_factory=dict)  # of types beside the seed's
    rates: Mapping[str, Rate] = field(default_factory=lambda: DEFAULT_RATES)
    global_rates: Mapping[str, Rate] = field(default_factory=lambda: DEFAULT_GLOBAL_RATES)


class GatewayService:
    """`start`, then `stop`, in one event loop."""

    def __init__(
        self,
        settings: GatewaySettings,
        sessions: SessionFinder,
        directory: Directory,
        stores: ApiStores | None = None,
        *,
        plugins: Plugins | None = None,
        shared: SharedIdentity | None = None,
        presence: PresenceStore | None = None,
        measures: Measures | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """Without `stores` there is no HTTP API, and no signed token is known. What changes in
        `stores.identity` through this gateway is told through `shared`; without it, to nobody else.
        Without `plugins` there are those that the settings name. Without `presence` people see
        those of this gateway alone.
        """
        self._plugins = plugins or Plugins.of(settings.plugins, settings.widget_schemas)
        self.settings = settings
        self.server_id = f"{settings.gateway_id}/{token_hex(4)}"  # of this life of the gateway
        self.ws_url = ""
        self.http_url = ""
        self._measures = measures or Measures()
        self._tracer = tracer
        self._sessions = sessions
        self._directory = directory
        self._shared = shared or memory_shared_identity(time.time)
        self._stores = stores
        self._presence = PresenceService(self.server_id, presence or MemoryPresence())
        self._http = HttpServer()
        self._webhooks = _webhooks(settings, stores)

    async def start(self) -> None:
        settings = self.settings
        told = self._webhooks.committed if self._webhooks else nobody
        measures = self._measures
        lost = partial(measures.count, "links_lost")
        skipped = partial(measures.count, "drops", label="live")
        self._links = OwnerLinks(settings.gateway_id, settings.link_secret, told, lost, skipped)
        come = self._plugins.presence
        self._recorder = DirectoryRecorder(self._directory, self.server_id, come)
        self._heartbeat = GatewayHeartbeat(self._directory, self.server_id, self._recorder)
        self._watch = SessionWatch(self._sessions, self._shared)
        self._limiter = RateLimiter(settings.rates, settings.global_rates)
        self._rate_sync = RateSync(self._limiter, self._shared.rates)
        stores = self._told_stores()
        authenticator = _authenticator(settings, self._sessions, stores, self._plugins)
        route = Route(OwnerFinder(self._directory), self._links)
        self._feeds = Feeds(route)
        self._sockets = WebSocketServer(
            Surroundings(
                authenticator,
                self._recorder,
                route,
                self._presence,
                SocketFigures(measures, self._tracer),
                self._watch,
                self._limiter,
                SocketDoorway(settings.bounds, settings.allowed_origins, settings.trusted_proxies),
                self._feeds,
                settings.trusted_proxies,
            )
        )
        parts = (self._presence, self._recorder, self._feeds, self._plugins, self._webhooks)
        GatewayFigures(self._sockets, *parts).tell(measures)
        await self._presence.start()
        tls = settings.tls.context() if settings.tls else None
        port = await self._sockets.start(settings.host, settings.ws_port, tls)
        self.ws_url = f"{'wss' if tls else 'ws'}://{in_url(settings.host, settings.address)}:{port}"
        if settings.http_port is not None and stores is not None:
            self._start_http(settings.http_port, stores, authenticator, route)
        if self._webhooks is not None:
            self._webhooks.start()
        reporting = keep_reporting(
            self._directory, settings.gateway_id, self._report, settings.address
        )
        self._reporting = asyncio.create_task(reporting)

    async def stop(self, *, is_relieved: bool = False) -> None:
        """Send every client elsewhere, then close the links and write what waits.

        `is_relieved`: another gateway listens on the same ports already.
        """
        await end(self._reporting)
        await self._sockets.stop(is_relieved=is_relieved)
        await self._presence.stop()
        if self._webhooks is not None:
            await self._webhooks.stop()
        self._feeds.close()
        await self._links.close()
        await self._recorder.close()
        await self._heartbeat.close()
        await self._watch.close()
        await self._rate_sync.close()
        await self._http.stop()
        await self._plugins.close()

    def status(self) -> dict[str, Any]:
        """Counts, as JSON."""
        return {
            "gatewayId": self.settings.gateway_id,
            "wsUrl": self.ws_url,
            "httpUrl": self.http_url,
            **self._sockets.counts(),
            **(self._webhooks.counts() if self._webhooks else {}),
            "plugins": self._plugins.counts(),
        }

    def _report(self) -> dict[str, Any]:
        """The fields of weft.wire.cluster.GatewayReport that are a gateway's own."""
        return {"wsUrl": self.ws_url, "httpUrl": self.http_url, **self._sockets.counts()}

    def _told_stores(self) -> ApiStores | None:
        """A change of identity through these is known everywhere when it returns."""
        if self._stores is None:
            return None
        enforcement = LinkedEnforcement(self._directory, self._links, self._stores.log)
        told = with_consequences(self._stores.identity, self._shared, enforcement)
        sharing = narrowed_sharing(told.sharing, self._plugins)
        return replace(self._stores, identity=replace(told, sharing=sharing))

    def _start_http(
        self, port: int, stores: ApiStores, authenticator: Authenticator, route: Route
    ) -> None:
        bound, port = self._http.listen(self.settings.host, port)
        scheme = "https" if self.settings.tls else "http"
        self.http_url = f"{scheme}://{in_url(self.settings.host, self.settings.address)}:{port}"
        around = HttpSurroundings(
            self.settings.gateway_id,
            self.ws_url,
            self.settings.admin_key,
            authenticator,
            stores,
            IdentityCache(self._shared.cache, stores.identity),
            self._limiter,
            self._shared.notices,
            self._directory,
            LinkedOwnerEdits(route),
            LinkedMover(self._directory, self._links, stores.log),
            self._presence,
            self._feeds,
            self._plugins.widget_types,
            self.settings.trusted_proxies,
            self.settings.public_ws_url,
            self.settings.allowed_origins,
            self.settings.demo_users,
        )
        protocol = bounded_http(self.settings.bounds, self.settings.trusted_proxies)
        self._http.start(create_app(around), bound, protocol, self.settings.tls)


def _webhooks(settings: GatewaySettings, stores: ApiStores | None) -> WebhookService | None:
    if settings.deliveries is None or stores is None:
        return None
    return WebhookService(stores, settings.deliveries)


def nobody(_dashboard_id: UUID) -> None:
    """Without stores nobody is told of commits."""


def _authenticator(
    settings: GatewaySettings,
    sessions: SessionFinder,
    stores: ApiStores | None,
    plugins: Plugins,
) -> Authenticator:
    known = _known_tokens(settings, sessions, stores)
    if stores is None or not plugins.authenticates:
        return known
    return PluginTokens(known, stores.identity.sessions, plugins)


def _known_tokens(
    settings: GatewaySettings, sessions: SessionFinder, stores: ApiStores | None
) -> Authenticator:
    if settings.token_rules is None or stores is None:
        return SessionTokens(sessions)
    identity = stores.identity
    return SignedTokens(identity.users, identity.sessions, settings.token_rules, time.time)
