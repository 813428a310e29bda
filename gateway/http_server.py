"""Serves the HTTP API in the gateway's own event loop, and leaves signals to the process."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.tls_file import TlsFiles
from weft import limits


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """On these sockets alone. uvicorn's own gives a TLS handshake a minute, which nothing else
        bounds: it comes before the doorway sees anybody.
        """
        config, loop = self.config, asyncio.get_running_loop()

        def connect() -> asyncio.Protocol:
            state, app_state = self.server_state, self.lifespan.state
            made: Any = config.http_protocol_class
            protocol: asyncio.Protocol = made(config, server_state=state, app_state=app_state)
            return protocol

        patience_seconds = limits.HTTP_HEAD_TIMEOUT_SECONDS if config.ssl else None
        self.servers = [
            await loop.create_server(
                connect,
                sock=each,
                ssl=config.ssl,
                ssl_handshake_timeout=patience_seconds,
                backlog=config.backlog,
            )
            for each in sockets or ()
        ]
        self.started = True


class HttpServer:
    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    def listen(self, host: str, port: int) -> tuple[socket.socket, int]:
        """A bound socket and its port, so that the app may know where it is before it starts."""
        bound = socket.create_server((host, port), reuse_port=True)
        # asyncio sets it only on sockets that name their protocol; without it every answer but the
        # first of a connection waits 40 ms for the reader's delayed acknowledgement.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound, bound.getsockname()[1]

    def start(
        self,
        app: FastAPI,
        bound: socket.socket,
        protocol: type[H11Protocol],
        tls: TlsFiles | None = None,
    ) -> None:
        """`protocol`: what becomes of each connection."""
        config = uvicorn.Config(
            app,
            http=protocol,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,  # whom to believe is settled in client_address.py
            timeout_graceful_shutdown=int(limits.CLOSE_TIMEOUT_SECONDS),
        )
        self._server = _Quiet(config)
        self._task = asyncio.create_task(self._server.serve([bound]), name="http")

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
