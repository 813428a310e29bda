"""An owner on memory twins, whose stores and dashboards fail when they are told to."""

import asyncio
import time
from uuid import UUID, uuid4

from actors.owner_service import OwnerService
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_tables import MemoryTables
from storage.ports import OwnerAddress
from tests.owner.owner_conversation import retitling
from tests.owner.owner_gateway import SECRET, Gateway
from tests.owner.owner_world import GatedLog
from weft.errors import WeftError


class Directory(MemoryDirectory):
    """Tells when a lock has been released, and can be silent about heartbeats."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.released = asyncio.Event()
        self.announced = asyncio.Event()
        self.claimed = asyncio.Event()
        self.is_deaf = False
        self.stays_deaf = False

    async def announce_owner(self, address: OwnerAddress, ttl_seconds: float) -> None:
        if self.is_deaf:
            self.is_deaf = self.stays_deaf
            raise WeftError("storage_unavailable")
        await super().announce_owner(address, ttl_seconds)
        self.announced.set()

    def forget(self) -> None:
        """As a Redis that was restarted without its data; the next call fails, as it would."""
        self._locks.clear()
        self._owners.clear()
        self.is_deaf = True

    async def claim(self, dashboard_id: UUID, address: OwnerAddress) -> OwnerAddress:
        holder = await super().claim(dashboard_id, address)
        self.claimed.set()
        return holder

    async def release(self, dashboard_id: UUID, address: OwnerAddress) -> None:
        await super().release(dashboard_id, address)
        self.released.set()


class Place:
    """One owner on memory twins, and Ann's dashboards."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.log = GatedLog(MemoryTables())
        self.log.is_open = True
        self.accounts = MemoryAccounts(self.log.tables)
        self.directory = Directory()
        self.owner = OwnerService(
            "owner-1",
            self.log,
            self.accounts,
            self.directory,
            secret=SECRET,
            clock_ms=lambda: self.now_ms,
        )

    async def start(self) -> None:
        self.url = (await self.owner.start()).url
        self.ann = await self.accounts.create_user("ann@example.org", "ann")
        self.board = await self.new_board()

    async def new_board(self) -> UUID:
        return await self.accounts.create_dashboard(self.ann, "Sales")

    def break_heart(self) -> None:
        """Of Ann's dashboard, from the next event on."""

        def broken(event: object) -> None:
            raise ZeroDivisionError("a bug")

        heart = self.owner._hosting.dashboards[self.board].heart
        heart.handle = broken  # type: ignore[method-assign, assignment]


async def works(gateway: Gateway, place: Place, board: UUID | None = None) -> None:
    """Somebody can join and edit."""
    number, joined = await gateway.join(board or place.board, place.ann)
    await gateway.submit(number, 1, joined["version"], retitling(str(uuid4())))
    (submission,) = await gateway.published()
    assert submission["version"] == joined["version"] + 1
    await gateway.detach(number)
