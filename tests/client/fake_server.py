"""A small Weft server on a real loopback socket, which does as the test says.

One dashboard, no transformation: whoever submits has seen everything. It keeps what has committed
over cuts, as the real one does.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.client.conversation import BOARD, NOTE, OTHER, WIDGET
from weft.errors import WeftError

Json = dict[str, Any]
TOKEN = "good"


class FakeServer:
    def __init__(self) -> None:
        self.url = ""
        self.said: list[Json] = []  # every frame that has come, in order
        self.submissions: list[Json] = []
        self.connections: set[ServerConnection] = set()
        self.tokens = {TOKEN}
        self.silent = False  # takes submissions and neither commits nor answers
        self.refuse: Callable[[Json], str | None] = lambda frame: None  # a code for this submission
        self.refuse_join: str | None = None
        self.close_hello_with: int | None = None
        self._server: Server | None = None
        self._replicas: dict[ServerConnection, str] = {}
        self._heard = asyncio.Condition()

    # --- what the test does ---------------------------------------------------------------------

    async def heard(self, kind: str, count: int = 1) -> list[Json]:
        """Wait until so many frames of this type have come, ever."""
        async with self._heard:
            await self._heard.wait_for(lambda: len(self._of(kind)) >= count)
        return self._of(kind)

    async def cut(self) -> None:
        """Cut every connection without a close frame."""
        for connection in list(self.connections):
            connection.transport.abort()

    def vanish(self) -> None:
        """As a host without power: its sockets are open, and nobody takes what comes."""
        for connection in self.connections:
            connection.transport.pause_reading()

    async def close(self, code: int) -> None:
        for connection in list(self.connections):
            await connection.close(code)

    async def send(self, frame: Json) -> None:
        for connection in list(self.connections):
            await connection.send(orjson.dumps(frame, default=str).decode())

    async def commit(self, *operations: Json, by: UUID = OTHER, sequence: int = 1) -> None:
        version = len(self.submissions) + 1
        self.submissions.append(
            {
                "version": version,
                "replicaId": str(by),
                "sequence": sequence,
                "userId": str(OTHER),
                "baseVersion": version - 1,
                "operations": list(operations),
                "at": 1,
            }
        )
        await self._publish(self.submissions[-1:])

    # --- what a server does ---------------------------------------------------------------------

    async def _publish(self, submissions: list[Json]) -> None:
        frame = {"type": "committed", "dashboardId": str(BOARD), "submissions": submissions}
        for connection in list(self._replicas):
            await connection.send(orjson.dumps(frame).decode())

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.add(connection)
        try:
            async for text in connection:
                frame = orjson.loads(text)
                self.said.append(frame)
                async with self._heard:
                    self._heard.notify_all()
                answer = getattr(self, f"_{frame['type']}")
                await answer(connection, frame)
        except ConnectionClosed:
            pass
        finally:
            self.connections.discard(connection)
            self._replicas.pop(connection, None)

    async def _hello(self, connection: ServerConnection, frame: Json) -> None:
        if self.close_hello_with is not None:
            await connection.close(self.close_hello_with)
        elif frame["token"] not in self.tokens:
            await _say(connection, {"type": "error", **WeftError("unauthenticated").to_json()})
            await connection.close(4401)
        else:
            welcome = {"type": "welcome", "protocol": 1, "connectionId": "c", "serverTime": 1}
            await _say(connection, {**welcome, "userId": str(OTHER), "limits": {}})

    async def _join(self, connection: ServerConnection, frame: Json) -> None:
        if self.refuse_join is not None:
            error = WeftError(self.refuse_join).to_json()
            await _say(connection, {"type": "ended", "dashboardId": str(BOARD), **error})
            return
        self._replicas[connection] = frame["replicaId"]
        mine = [s for s in self.submissions if s["replicaId"] == frame["replicaId"]]
        joined = {
            "type": "joined",
            "dashboardId": str(BOARD),
            "version": len(self.submissions),
            "role": "editor",
            "submissions": self.submissions[frame.get("version", 0) :],
            "lastSequence": mine[-1]["sequence"] if mine else 0,
            "lastVersion": mine[-1]["version"] if mine else 0,
        }
        if "version" not in frame:
            state = {"title": "Sales", "widgets": {WIDGET: NOTE}}
            joined["snapshot"] = {"version": 0, "state": state}
        await _say(connection, joined)

    async def _submit(self, connection: ServerConnection, frame: Json) -> None:
        code = self.refuse(frame)
        if code is not None:
            about = {"dashboardId": str(BOARD), "sequence": frame["sequence"]}
            await _say(connection, {"type": "rejected", **about, **WeftError(code).to_json()})
        elif not self.silent:
            replica = UUID(self._replicas[connection])
            await self.commit(*frame["operations"], by=replica, sequence=frame["sequence"])

    async def _authenticate(self, connection: ServerConnection, frame: Json) -> None:
        assert frame["token"] in self.tokens
        await _say(connection, {"type": "authenticated", "deadline": 2})

    async def _leave(self, connection: ServerConnection, frame: Json) -> None:
        del self._replicas[connection]
        await _say(connection, {"type": "ended", "dashboardId": str(BOARD), "code": "left"})

    def _of(self, kind: str) -> list[Json]:
        return [frame for frame in self.said if frame["type"] == kind]


@asynccontextmanager
async def fake_server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    async with serve(fake._serve, "127.0.0.1", 0) as server:
        (socket,) = server.sockets
        fake.url = f"ws://127.0.0.1:{socket.getsockname()[1]}/"
        yield fake


async def _say(connection: ServerConnection, frame: Json) -> None:
    await connection.send(orjson.dumps(frame).decode())
