"""Real owners, gateways and sockets on one PostgreSQL, and somebody who does not take no."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from actors.owner_service import OwnerService
from gateway.grants_loop import LinkedEnforcement
from gateway.link_loop import OwnerLinks
from gateway.service import GatewayService, GatewaySettings
from storage.identity_ports import HOST
from storage.memory_directory import MemoryDirectory
from storage.ports import LoggedSubmission
from storage.postgres_pool import PostgresStores
from weft.models import CollaboratorInvite, Permission
from weft.models.address import Network
from weft.models.permission import CollaboratorRole

SECRET = "between gateways and owners"
PATIENCE_SECONDS = 60.0
TOLD_WITHIN_SECONDS = 1.0  # law 6
WIDGET = str(uuid4())
NOTE: dict[str, Any] = {
    "type": "text",
    "position": {"x": 0, "y": 0, "width": 4, "height": 2},
    "config": {"text": ""},
}
TYPING = {"type": "insert", "targetId": WIDGET, "path": ["config", "text"], "position": 0}


class Visitor:
    """A raw socket on one dashboard. `types` goes on whatever it is told."""

    def __init__(self, websocket: ClientConnection, dashboard_id: UUID) -> None:
        self.heard: list[dict[str, Any]] = []
        self.counts = Counter[str]()
        self.version = 0
        self._websocket = websocket
        self._dashboard_id = str(dashboard_id)
        self._replica_id = str(uuid4())
        self._sequence = 0
        self._stepped = asyncio.Event()
        self._insists = False
        self._reading = asyncio.create_task(self._read())

    async def join(self) -> dict[str, Any]:
        """The answer, whatever it is."""
        self._sequence = 0
        await self._say(type="join", replicaId=self._replica_id)
        return await self.hears("joined", "ended")

    async def submit(self, *operations: dict[str, Any]) -> dict[str, Any]:
        """`committed` or `rejected`."""
        await self._submit(operations or ({**TYPING, "value": "x"},))
        return await self.hears("committed", "rejected")

    async def insist(self) -> None:
        """From now on, submit again after every answer, and join again after every end."""
        self._insists = True
        await self._submit(({**TYPING, "value": "x"},))

    async def hears(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these kinds; what else comes before it is left behind."""
        found: list[dict[str, Any]] = []

        def next_one() -> bool:
            while self.heard and not found:
                frame = self.heard.pop(0)
                if frame["type"] in kinds:
                    found.append(frame)
            return bool(found)

        await self.until(next_one)
        return found[0]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._stepped.clear()
                await self._stepped.wait()

    async def close(self) -> None:
        await self._websocket.close()
        await self._reading

    async def _read(self) -> None:
        try:
            while True:
                await self._take(orjson.loads(await self._websocket.recv()))
        except ConnectionClosed:
            pass

    async def _take(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        self.heard.append(frame)
        self.counts[f"{kind} {frame.get('code', '')}".strip()] += 1
        self.version = max([self.version, *versions_in(frame)])
        self._stepped.set()
        mine = [each for each in frame.get("submissions", []) if self._is_mine(each)]
        if self._insists and (kind in ("joined", "rejected") or mine):
            await asyncio.sleep(0)
            await self._submit(({**TYPING, "value": "x"},))
        elif self._insists and kind == "ended":
            await asyncio.sleep(0.01)  # as fast as makes no flood
            self._replica_id = str(uuid4())
            self._sequence = 0
            await self._say(type="join", replicaId=self._replica_id)

    def _is_mine(self, submission: dict[str, Any]) -> bool:
        return bool(submission["replicaId"] == self._replica_id)

    async def _submit(self, operations: Iterable[dict[str, Any]]) -> None:
        self._sequence += 1
        await self._say(
            type="submit",
            sequence=self._sequence,
            baseVersion=self.version,
            operations=list(operations),
        )

    async def _say(self, **fields: Any) -> None:
        message = {"dashboardId": self._dashboard_id, **fields}
        await self._websocket.send(orjson.dumps(message).decode())


def versions_in(frame: dict[str, Any]) -> list[int]:
    return [each["version"] for each in frame.get("submissions", [])] + [frame.get("version", 0)]


class House:
    """One dashboard of Ann's, its owner, and a gateway. `now_ms` can be set forward."""

    def __init__(self, stores: PostgresStores, stack: AsyncExitStack) -> None:
        self.stores = stores
        self.log, self.sharing = stores.log, stores.identity.sharing
        self.directory = MemoryDirectory()
        self.ahead_ms = 0
        self._stack = stack

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms

    async def start(self) -> None:
        self.ann = await self.person()
        self.board = await self.stores.accounts.create_dashboard(self.ann, "Sales")
        owner = OwnerService(
            "owner", self.log, self.sharing, self.directory, secret=SECRET, clock_ms=self.now_ms
        )
        await owner.start()
        self._stack.push_async_callback(owner.stop)
        self.gateway = await self.open_gateway("gateway")
        self.enforce = self.enforcement(SECRET)
        first = await self.visitor(self.ann)
        await first.join()
        await first.submit({"type": "addWidget", "targetId": WIDGET, "value": NOTE})

    async def open_gateway(self, name: str, proxies: tuple[Network, ...] = ()) -> GatewayService:
        settings = GatewaySettings(name, SECRET, "admin", http_port=None, trusted_proxies=proxies)
        gateway = GatewayService(settings, self.stores.identity.sessions, self.directory)
        await gateway.start()
        self._stack.push_async_callback(gateway.stop)
        return gateway

    def enforcement(self, secret: str) -> LinkedEnforcement:
        """Of a gateway that nobody is connected to."""
        links = OwnerLinks("gateway-2", secret)
        self._stack.push_async_callback(links.close)
        return LinkedEnforcement(self.directory, links, self.log)

    async def person(self) -> UUID:
        name = uuid4().hex
        return await self.stores.accounts.create_user(f"{name}@example.org", name)

    async def member(self, role: CollaboratorRole = "editor", *permissions: Permission) -> UUID:
        user_id = await self.person()
        await self.grant(user_id, role, *permissions)
        return user_id

    async def grant(self, user_id: UUID, role: CollaboratorRole, *permissions: Permission) -> None:
        """In PostgreSQL; nobody is told."""
        invite = CollaboratorInvite(user_id=user_id, role=role, permissions=permissions)
        await self.sharing.share(self.board, invite, HOST)

    async def token(self, user_id: UUID) -> str:
        token = uuid4().hex
        digest = hashlib.sha256(token.encode()).hexdigest()
        await self.stores.accounts.create_session(user_id, digest, 3_600)
        return token

    async def visitor(
        self, user_id: UUID, gateway: GatewayService | None = None, **options: Any
    ) -> Visitor:
        url = (gateway or self.gateway).ws_url
        websocket = await connect(url, proxy=None, **options)
        hello = {"type": "hello", "protocol": [1], "token": await self.token(user_id)}
        await websocket.send(orjson.dumps(hello).decode())
        assert orjson.loads(await websocket.recv())["type"] == "welcome"
        visitor = Visitor(websocket, self.board)
        self._stack.push_async_callback(visitor.close)
        return visitor

    async def typist(self, user_id: UUID) -> Visitor:
        visitor = await self.visitor(user_id)
        assert (await visitor.join())["type"] == "joined"
        await visitor.insist()
        return visitor

    async def head(self) -> int:
        head = await self.log.head(self.board)
        assert head is not None
        return head.version

    async def written_by(self, user_id: UUID) -> list[LoggedSubmission]:
        rows = await self.log.submissions_between(self.board, 0, await self.head())
        assert [row.version for row in rows] == list(range(1, len(rows) + 1)), "law 1"
        return [row for row in rows if row.user_id == user_id]


@asynccontextmanager
async def house_on(stores: PostgresStores) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        house = House(stores, stack)
        await house.start()
        yield house
