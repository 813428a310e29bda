"""Law 9 at the HTTP door: how many connections may be there, and how long a head may take."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.client_address import client_address
from gateway.doorway import Bounds, Doorway
from weft import limits
from weft.models.address import Network


def bounded_http(bounds: Bounds, trusted_proxies: tuple[Network, ...]) -> type[H11Protocol]:
    """What uvicorn makes one of for each connection. Who comes through a proxy is not counted by
    address here, for one connection of a proxy brings many.
    """
    doorway = Doorway[asyncio.Protocol](bounds)

    class Bounded(H11Protocol):
        _patience: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            peer = client_address(self.client and self.client[0], (), ())
            is_proxy = peer is not None and any(peer in network for network in trusted_proxies)
            if not doorway.enters(self) or not (is_proxy or doorway.comes_from(self, peer)):
                transport.abort()
                return
            if (silent := doorway.makes_room()) is not None and isinstance(silent, H11Protocol):
                silent.transport.abort()
            self._watch_head()

        def connection_lost(self, exc: Exception | None) -> None:
            doorway.leaves(self)
            if self._patience is not None:
                self._patience.cancel()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch_head()

        def _watch_head(self) -> None:
            """A head that begins must end in time; then its body has its own time."""
            cycle: Any = self.cycle
            if cycle is not None and not cycle.response_complete:
                doorway.is_known(self)
                if self._patience is not None:
                    self._patience.cancel()
                    self._patience = None
            elif self._patience is None:
                loop = asyncio.get_running_loop()
                self._patience = loop.call_later(limits.HTTP_HEAD_TIMEOUT_SECONDS, self._give_up)

        def _give_up(self) -> None:
            self._patience = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.abort()

    return Bounded
