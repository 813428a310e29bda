"""A gateway's end of the link, reduced to what the owner's tests need, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect

from weft.wire.link import (
    Attach,
    Detach,
    Ended,
    Joined,
    LinkHello,
    Part,
    Publish,
    Reply,
    Submitted,
    Taken,
    ToOwner,
    pack_to_owner,
    unpack_to_gateway,
)

SECRET = "between us"
PATIENCE_SECONDS = 60.0

Json = dict[str, Any]
Heard = tuple[type, int | UUID, Json]  # what kind of line, about whom or what, and the frame


class Gateway:
    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self._numbers = 0
        self._heard: list[Heard] = []

    async def say(self, *lines: ToOwner) -> None:
        await self.websocket.send(pack_to_owner(lines), text=True)

    async def attach(
        self,
        dashboard_id: UUID,
        user_id: UUID,
        replica_id: UUID | None = None,
        version: int | None = None,
        wants_tail: bool = False,
    ) -> int:
        """The number of the new subscription."""
        self._numbers += 1
        replica_id = replica_id or uuid4()
        await self.say(
            Attach(
                self._numbers, dashboard_id, user_id, "connection", replica_id, version, wants_tail
            )
        )
        return self._numbers

    async def join(self, dashboard_id: UUID, user_id: UUID, **more: Any) -> tuple[int, Json]:
        """With what comes in parts put together."""
        number = await self.attach(dashboard_id, user_id, **more)
        parts: list[Json] = []
        kind, about, frame = await self.hear()
        while kind is Part:
            parts.append(frame)
            kind, about, frame = await self.hear()
        assert (kind, about) == (Joined, number), frame
        if parts:
            state = orjson.loads("".join(part["text"] for part in parts))
            frame["snapshot"] = {"version": parts[0]["version"], "state": state}
        return number, frame

    async def submit(self, number: int, sequence: int, base: int, *operations: Json) -> None:
        await self.say(Submitted(number, sequence, base, list(operations)))

    async def detach(self, number: int) -> None:
        await self.say(Detach(number))

    async def hear(self) -> Heard:
        """The next line, whatever it is about."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._heard:
                for line in unpack_to_gateway(await self.websocket.recv(decode=False)):
                    about = line.dashboard_id if isinstance(line, Publish) else line.n
                    self._heard.append((type(line), about, orjson.loads(line.frame)))
                    if isinstance(line, Part):
                        await self.say(Taken(line.n))
        return self._heard.pop(0)

    async def reply(self, number: int) -> Json:
        kind, about, frame = await self.hear()
        assert (kind, about) == (Reply, number), frame
        return frame

    async def ended(self, number: int) -> Json:
        kind, about, frame = await self.hear()
        assert (kind, about) == (Ended, number), frame
        return frame

    async def published(self) -> list[Json]:
        kind, _, frame = await self.hear()
        assert kind is Publish, frame
        submissions: list[Json] = frame["submissions"]
        return submissions

    async def closed(self) -> int | None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.websocket.wait_closed()
        return self.websocket.close_code


@asynccontextmanager
async def linked(url: str, secret: str = SECRET) -> AsyncIterator[Gateway]:
    async with connect(url, proxy=None, compression=None, max_size=None) as websocket:
        gateway = Gateway(websocket)
        await gateway.say(LinkHello(secret, "gateway-1"))
        yield gateway
