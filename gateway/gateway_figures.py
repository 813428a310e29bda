"""What is so now at a gateway, and what its parts count anyway: read at each look, not before."""

from collections.abc import Sized
from dataclasses import dataclass

from gateway.presence_loop import PresenceService
from gateway.record_loop import DirectoryRecorder
from gateway.webhook_service import WebhookService
from gateway.websocket_server import WebSocketServer
from weft.measures import Measures
from weft.plugins.plugin_service import Plugins


@dataclass(frozen=True, slots=True)
class GatewayFigures:
    """`webhooks` None: this gateway tells none."""

    sockets: WebSocketServer
    presence: PresenceService
    recorder: DirectoryRecorder
    feeds: Sized
    plugins: Plugins
    webhooks: WebhookService | None

    def tell(self, measures: Measures) -> None:
        """From here on, for as long as the gateway lives."""
        measures.watch("connections", lambda: self.sockets.counts()["connections"])
        measures.watch("sessions", lambda: self.sockets.counts()["sessions"])
        measures.watch("outgoing_bytes", lambda: self.sockets.waiting_bytes)
        measures.watch("presence", lambda: self.presence.known)
        measures.watch("feeds", lambda: len(self.feeds))
        measures.watch("records_waiting", lambda: self.recorder.waiting)
        measures.follow("drops", self._dropped)
        measures.follow("plugin_failures", self.plugins.failures)
        if self.webhooks is not None:
            measures.follow("webhook_deliveries", self.webhooks.outcomes)

    def _dropped(self) -> dict[str, int]:
        return {
            "presence": self.presence.dropped,
            "records": self.recorder.dropped,
            "plugins": self.plugins.dropped(),
        }
