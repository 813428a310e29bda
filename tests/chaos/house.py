"""Owners and gateways in this process, on a real PostgreSQL: what a mutant is built into, and the
editors, the host and the checker of `weft chaos` around it.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from uuid import UUID

import weft
from actors.owner_service import OwnerService
from cluster.chaos.attendance import Attendance
from cluster.chaos.checker import check
from cluster.chaos.editor_loop import Editor
from cluster.chaos.edits import new_widget
from cluster.chaos.history import Ending, Event, History
from cluster.chaos.host_loop import Host
from cluster.chaos.log_service import read_head, read_rows, read_start
from cluster.chaos.recorder_service import Recorder
from cluster.chaos.violation import Violation
from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.memory_directory import MemoryDirectory
from storage.memory_presence import MemoryPresence, SharedPresence
from storage.ports import Directory
from storage.postgres_pool import PostgresStores, connect
from weft.client.admin import AdminClient

SECRET = "the secret between gateways and owners"
ADMIN_KEY = "the key of the administrator"
LOOK_EVERY_SECONDS = 0.02
PATIENCE_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass
NAMES = ("ann", "bob", "cem")


class House:
    """`stores` of its own, so that what a mutant does to a statement is prepared here."""

    def __init__(self, postgres_url: str, stack: AsyncExitStack) -> None:
        self.postgres_url = postgres_url
        self.stack = stack
        self.presence = SharedPresence()
        self.directories: list[MemoryDirectory] = []
        self.owners: list[OwnerService] = []
        self.gateways: list[GatewayService] = []
        self.editors: list[Editor] = []
        self.users: dict[str, UUID] = {}
        self.calm_at = 0.0
        self.dashboard_id = UUID(int=0)
        self.ledger = ""

    async def open(self, *, sides: int = 1, gateways: int = 1) -> None:
        """On each side an owner and gateways that know of each other; sides do not."""
        for number in range(sides):
            stores = await connect(self.postgres_url)
            self.stack.push_async_callback(stores.close)
            directory = MemoryDirectory(clock=time.monotonic)
            sharing = stores.identity.sharing
            owner = OwnerService(f"owner-{number}", stores.log, sharing, directory, secret=SECRET)
            await owner.start()
            self.stack.push_async_callback(owner.stop)
            self.directories.append(directory)
            self.owners.append(owner)
            for _ in range(gateways):
                await self.add_gateway(stores, directory)
        await self.furnish()

    async def add_gateway(self, stores: PostgresStores, directory: Directory) -> GatewayService:
        settings = GatewaySettings(f"gateway-{len(self.gateways)}", SECRET, ADMIN_KEY)
        sessions = stores.identity.sessions
        presence = MemoryPresence(self.presence)
        gateway = GatewayService(
            settings, sessions, directory, api_stores(stores), presence=presence
        )
        await gateway.start()
        self.stack.push_async_callback(gateway.stop)
        self.gateways.append(gateway)
        return gateway

    async def furnish(self) -> None:
        """A dashboard with its ledger, and editors by turns at one gateway and the next."""
        admin = AdminClient(self.gateways[0].http_url, ADMIN_KEY)
        self.host = Host([await self.stack.enter_async_context(admin)])
        owner_id, token = await self.host.new_user("owner")
        self.dashboard_id = await self.host.new_dashboard(owner_id, "House")
        setter = self.setter = Recorder("owner")
        self.users["owner"] = owner_id
        url = self.gateways[0].ws_url
        async with weft.connect(url, token, create_connection=setter.open) as client:
            board = await client.join(self.dashboard_id)
            self.ledger = board.add_widget(new_widget(lambda: 0.5))
            await board.saved(PATIENCE_SECONDS)
        for number, name in enumerate(NAMES):
            gateway = self.gateways[number % len(self.gateways)]
            await self.add_editor(name, gateway)

    async def add_editor(self, name: str, gateway: GatewayService) -> Editor:
        user_id, token = await self.host.new_user(name)
        await self.host.set_role(self.dashboard_id, user_id, "editor")
        self.editors.append(Editor(name, user_id, token, gateway.ws_url, name))
        self.users[name] = user_id
        return self.editors[-1]

    def start_editing(self, editors: Sequence[Editor] | None = None) -> None:
        """All of them, or these."""
        tasks = [
            asyncio.create_task(each.run(self.dashboard_id, self.ledger))
            for each in editors or self.editors
        ]

        async def stop() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.stack.push_async_callback(stop)

    async def saved(self, versions: int) -> None:
        """Wait until so many versions have been committed."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if await read_head(self.postgres_url, self.dashboard_id) >= versions:
                    return
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def rest(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """All is saved and shown everywhere, or it never will be."""
        for editor in self.editors:
            editor.is_typing = False
        self.calm_at = time.time()
        with suppress(TimeoutError):  # the checker will say so
            async with asyncio.timeout(patience_seconds):
                while not await self._is_at_rest():  # noqa: ASYNC110  (nobody tells us)
                    await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _is_at_rest(self) -> bool:
        attendance = Attendance(self.users)
        for event in self.events():
            attendance.follow(event)
        head = await read_head(self.postgres_url, self.dashboard_id)
        are_at_rest = all(each.is_at_rest() and each.version == head for each in self.editors)
        return are_at_rest and attendance.is_true

    def events(self) -> list[Event]:
        recorders = [self.setter, *(editor.recorder for editor in self.editors)]
        events = [event for recorder in recorders for event in recorder.events]
        return sorted(events, key=lambda event: event.at)

    async def history(self, endings: Sequence[Ending] | None = None) -> History:
        """What was recorded, and what PostgreSQL holds now."""
        ended_at = time.time()
        start, difference = await read_start(self.postgres_url, self.dashboard_id)
        return History(
            self.dashboard_id,
            start,
            tuple(self.events()),
            tuple(self.host.changes[self.dashboard_id]),
            await read_rows(self.postgres_url, self.dashboard_id),
            await read_head(self.postgres_url, self.dashboard_id),
            tuple(each.ending() for each in self.editors) if endings is None else tuple(endings),
            self.users,
            self.calm_at,
            ended_at,
            difference,
        )

    async def violations(self) -> list[Violation]:
        return check(await self.history())

    async def laws_broken(self) -> set[int]:
        return {violation.law for violation in await self.violations()}
