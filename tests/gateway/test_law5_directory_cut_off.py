"""Law 5 where one owner, and one gateway beside it, do not reach the directory, and others do.

Two owners could take a dashboard from each other with every join, each time rightly by the fence.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest

from actors.lock_loop import DashboardLocks
from actors.owner_service import OwnerService
from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from storage.ports import OwnerAddress
from storage.rendezvous import rendezvous_owner
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET
from tests.gateway.test_gateway_moves import System, Typist
from weft.errors import WeftError
from weft.limits import TAKEN_OVER_REST_SECONDS


class Way:
    """To a directory; it may be cut."""

    def __init__(self, directory: MemoryDirectory) -> None:
        self.is_cut = False
        self._directory = directory

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._directory, name)

        async def ask(*arguments: Any) -> Any:
            if self.is_cut:
                raise WeftError("storage_unavailable", "Redis does not answer now.")
            return await asked(*arguments)

        return ask


class Divided(System):
    """The first owner has the dashboard; it and the first gateway have a way of their own."""

    way: Way

    async def cut(self) -> None:
        """For so long that nobody believes in the owner any more."""
        self.way.is_cut = True
        await self.directory.withdraw_owner(self.addresses[0])

    async def epoch(self) -> int:
        head = await self.log.head(self.dashboard_id)
        assert head is not None
        return head.epoch


@pytest.fixture
async def divided() -> AsyncIterator[Divided]:
    tables = MemoryTables(clock=time.time)
    log, accounts = MemoryLog(tables), MemoryAccounts(tables)
    directory = MemoryDirectory(time.monotonic)
    way = Way(directory)
    async with AsyncExitStack() as stack:
        owners, addresses, gateways = [], [], []
        for number, (mine, host) in enumerate(((way, "127.0.0.1"), (directory, "127.0.0.2"))):
            name = f"owner-{number}"
            owner = OwnerService(name, log, accounts, mine, secret=LINK_SECRET, host=host)
            addresses.append(await owner.start())
            stack.push_async_callback(owner.stop)
            owners.append(owner)
            settings = GatewaySettings(f"gateway-{number}", LINK_SECRET, ADMIN_KEY, http_port=None)
            gateway = GatewayService(settings, accounts, mine)
            await gateway.start()
            stack.push_async_callback(gateway.stop)
            gateways.append(gateway)
        user_id = await accounts.create_user("ann@example.org", "ann")
        dashboard_id = await accounts.create_dashboard(user_id, "Sales")
        while rendezvous_owner(dashboard_id, addresses) != addresses[0]:
            dashboard_id = await accounts.create_dashboard(user_id, "Sales")
        stores = (log, accounts, directory)
        world = Divided(*stores, gateways, owners, addresses, user_id, dashboard_id)
        world.way = way
        yield world


async def test_law5_who_lost_a_dashboard_without_the_directory_does_not_take_it_back(
    divided: Divided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.lock_loop.TAKEN_OVER_REST_SECONDS", 600.0)
    ann = await divided.typist(0)
    await divided.cut()
    ben = await divided.typist(1)
    assert (await ann.listen())["code"] == "owner_moved"
    await ann.join()
    await write(ann, 1)
    await write(ben, 1)
    late = await divided.typist(0)
    await write(late, 1)
    assert (divided.holder(), await divided.epoch()) == (1, 2)
    ben.check()


async def test_law5_if_who_took_it_is_gone_the_one_who_lost_it_takes_it_back_in_time(
    divided: Divided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.lock_loop.TAKEN_OVER_REST_SECONDS", 0.5)
    ann = await divided.typist(0)
    await divided.cut()
    await divided.typist(1)
    assert (await ann.listen())["code"] == "owner_moved"
    await divided.owners[1].stop()
    while divided.owners[0].status()["dashboards"] == 0:
        await ann.client.send(
            {
                "type": "join",
                "dashboardId": str(divided.dashboard_id),
                "replicaId": ann.replica_id,
            }
        )
        await ann.listen()
    assert await divided.epoch() == 3


async def write(typist: Typist, sequence: int) -> None:
    await typist.submit(sequence)
    await typist.acknowledgement(sequence)


async def test_what_was_lost_is_opened_again_with_a_lock_or_after_a_rest() -> None:
    now = 0.0
    directory = MemoryDirectory(lambda: 0.0)
    me, other = (OwnerAddress(name, uuid4().hex, f"ws://{name}/link") for name in "ab")
    for each in (me, other):
        await directory.announce_owner(each, 60.0)
    way = Way(directory)
    log, board, epoch = await opened_board()
    locks = DashboardLocks(way, log, me, lambda: now)
    locks.lost(board, epoch)
    await log.open_dashboard(board)
    await locks.claim(board)
    assert await directory.holder(board) == me
    way.is_cut = True
    with pytest.raises(WeftError) as refusal:
        await locks.claim(board)
    assert (refusal.value.code, refusal.value.details) == ("owner_moved", {})
    await locks.claim(UUID(int=2))  # another was not lost
    now = TAKEN_OVER_REST_SECONDS
    await locks.claim(board)


async def test_law6_whom_changed_grants_have_shut_out_opens_again_though_redis_is_away() -> None:
    """Every owner in turn rested for 5 s, and nobody could edit: none of them had lost it."""
    way = Way(MemoryDirectory(lambda: 0.0))
    way.is_cut = True
    log, board, epoch = await opened_board()
    locks = DashboardLocks(way, log, OwnerAddress("a", "1", "ws://a/link"), lambda: 0.0)
    shut = await log.shut_out(board, epoch)
    assert shut is not None
    again = await log.shut_out(board, shut.epoch)
    assert again is not None
    locks.lost(board, epoch)
    await locks.claim(board)
    await log.open_dashboard(board)
    with pytest.raises(WeftError) as refusal:
        await locks.claim(board)
    assert refusal.value.code == "owner_moved"


async def opened_board() -> tuple[MemoryLog, UUID, int]:
    """And its epoch."""
    tables = MemoryTables(clock=lambda: 0.0)
    accounts = MemoryAccounts(tables)
    user_id = await accounts.create_user("ann@example.org", "ann")
    board = await accounts.create_dashboard(user_id, "Sales")
    opened = await MemoryLog(tables).open_dashboard(board)
    assert opened is not None
    return MemoryLog(tables), board, opened.epoch
