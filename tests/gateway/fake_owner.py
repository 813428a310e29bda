"""An owner made of a real socket and no memory: it answers on the link as a test tells it to."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from storage.ports import OwnerAddress
from weft.errors import WeftError
from weft.wire.frames import committed_frame, ended_frame, joined_frame, submission_json
from weft.wire.link import (
    Attach,
    Detach,
    Ended,
    Joined,
    LinkHello,
    Publish,
    Submitted,
    ToGateway,
    ToOwner,
    pack_to_gateway,
    unpack_to_owner,
)

EMPTY = {"title": "", "description": None, "settings": {}, "layout": [], "widgets": {}}


class FakeOwner:
    """Commits whatever is submitted. `attached` and `detached` are what a test waits for."""

    def __init__(self, owner_id: str = "owner-1", snapshot: dict[str, Any] | None = None) -> None:
        self.owner_id = owner_id
        self.snapshot = snapshot or EMPTY
        self.moved_to: OwnerAddress | None = None
        self.is_silent = False
        self.hellos: list[LinkHello] = []
        self.attached: asyncio.Queue[Attach] = asyncio.Queue()
        self.submitted: asyncio.Queue[Submitted] = asyncio.Queue()
        self.detached: asyncio.Queue[Detach] = asyncio.Queue()
        self.versions: dict[UUID, int] = {}
        self._places: dict[tuple[ServerConnection, int], Attach] = {}
        self._server: Server | None = None

    async def __aenter__(self) -> "FakeOwner":
        self._server = await serve(self._serve, "127.0.0.1", 0, compression=None, max_size=None)
        port = self._server.sockets[0].getsockname()[1]
        self.address = OwnerAddress(self.owner_id, str(uuid4()), f"ws://127.0.0.1:{port}/link")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def die(self) -> None:
        """Cut every link, and listen no more."""
        assert self._server is not None
        for connection in list(self._server.connections):
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    def stop_reading(self) -> None:
        for connection in self._server.connections if self._server else ():
            connection.transport.pause_reading()

    async def publish(self, dashboard_id: UUID, frame: bytes) -> None:
        for connection in self._server.connections if self._server else ():
            await self._send(connection, Publish(dashboard_id, frame))

    async def end_all(self, error: WeftError) -> None:
        for (connection, n), line in list(self._places.items()):
            await self._send(connection, Ended(n, ended_frame(line.dashboard_id, error)))

    async def _serve(self, connection: ServerConnection) -> None:
        try:
            while True:
                for line in unpack_to_owner(await connection.recv()):
                    await self._take(connection, line)
        except ConnectionClosed:
            pass

    async def _take(self, connection: ServerConnection, line: ToOwner) -> None:
        match line:
            case LinkHello():
                self.hellos.append(line)
            case Attach():
                self._places[connection, line.n] = line
                self.attached.put_nowait(line)
                if not self.is_silent:
                    await self._send(connection, self._answer(line))
            case Submitted():
                self.submitted.put_nowait(line)
                if not self.is_silent:
                    place = self._places[connection, line.n]
                    await self.publish(place.dashboard_id, self._commit(place, line))
            case Detach():
                self._places.pop((connection, line.n), None)
                self.detached.put_nowait(line)

    def _answer(self, line: Attach) -> ToGateway:
        if self.moved_to is not None:
            owner = {
                "ownerId": self.moved_to.owner_id,
                "incarnation": self.moved_to.incarnation,
                "url": self.moved_to.url,
            }
            error = WeftError("owner_moved", owner=owner)
            return Ended(line.n, ended_frame(line.dashboard_id, error))
        version = self.versions.get(line.dashboard_id, 0)
        frame = joined_frame(
            line.dashboard_id,
            version=version,
            role="editor",
            permissions=["read dashboard", "write dashboard", "write widget"],
            snapshot=(version, self.snapshot),
            submissions=[],
            last_sequence=0,
            last_version=0,
        )
        return Joined(line.n, frame)

    def _commit(self, place: Attach, line: Submitted) -> bytes:
        version = self.versions.get(place.dashboard_id, 0) + 1
        self.versions[place.dashboard_id] = version
        submission = submission_json(
            version=version,
            replica_id=place.replica_id,
            sequence=line.sequence,
            user_id=place.user_id,
            base_version=line.base_version,
            operations=line.operations,
            at_ms=0,
        )
        return committed_frame(place.dashboard_id, [submission])

    async def _send(self, connection: ServerConnection, line: ToGateway) -> None:
        await connection.send(pack_to_gateway([line]))
