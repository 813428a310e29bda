"""Law 10 where what is stored is not what was written: a dashboard that cannot be opened stays shut
alone, says so in a way that keeps its people's edits, and opens when it is mended.
"""

import json
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from actors.owner_service import OwnerService
from actors.quarantine import Quarantine
from cluster.verify_command import verify_dashboards
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.postgres_pool import PostgresStores
from tests.owner.owner_conversation import retitling
from tests.owner.owner_gateway import SECRET, Gateway, linked
from tests.storage.making import commit_of, submission
from weft.errors import OperationError, WeftError
from weft.limits import UNREADABLE_REST_SECONDS

REST_MS: Final = round(1000 * UNREADABLE_REST_SECONDS)
DEEP: Final = "[" * 2_000 + "]" * 2_000


class House:
    """An owner, and dashboards with a log of three versions beyond their checkpoint."""

    def __init__(self, log: Any, accounts: Any) -> None:
        self.now_ms = 1_000_000
        self.log, self.accounts = log, accounts
        self.directory = MemoryDirectory()
        self.owner = OwnerService(
            "owner-1", log, accounts, self.directory, secret=SECRET, clock_ms=lambda: self.now_ms
        )
        self.url = ""

    async def begin(self) -> None:
        self.url = (await self.owner.start()).url
        name = str(uuid4())
        self.ann = await self.accounts.create_user(f"{name}@example.org", name)

    async def written(self) -> UUID:
        """It has been edited, and its owner was killed."""
        board = await self.accounts.create_dashboard(self.ann, "Sales")
        opened = await self.log.open_dashboard(board)
        edits = [submission(each, operations=(retitling(f"Sales {each}"),)) for each in (1, 2, 3)]
        assert await self.log.commit([commit_of(opened, *edits)]) == {board}
        return board

    async def refused(self, gateway: Gateway, board: UUID) -> dict[str, Any]:
        return await gateway.ended(await gateway.attach(board, self.ann))

    async def works(self, gateway: Gateway, board: UUID, version: int) -> None:
        number, joined = await gateway.join(board, self.ann)
        assert joined["version"] == version
        await gateway.detach(number)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    log = MemoryLog()
    house = House(log, MemoryAccounts(log.tables))
    await house.begin()
    yield house
    await house.owner.stop()


@pytest.fixture
async def real(postgres_stores: PostgresStores) -> AsyncIterator[House]:
    house = House(postgres_stores.log, postgres_stores.accounts)
    await house.begin()
    yield house
    await house.owner.stop()


async def test_law10_a_log_that_cannot_be_replayed_stays_shut_alone(house: House) -> None:
    shut, other = await house.written(), await house.written()
    house.log.tables.dashboards[shut].version = 9
    async with linked(house.url) as gateway:
        ended = await house.refused(gateway, shut)
        assert (ended["code"], ended["fault"], ended["retry"]) == ("unreadable", "server", "later")
        assert ended["retryAfterMs"] == REST_MS
        assert await house.directory.holder(shut) is None, "nobody holds what nobody can open"
        await house.works(gateway, other, 3)


async def test_law10_what_could_not_be_opened_is_not_read_for_everybody_who_asks(
    house: House,
) -> None:
    shut = await house.written()
    table = house.log.tables.dashboards[shut]
    table.version = 9
    async with linked(house.url) as gateway:
        first = await house.refused(gateway, shut)
        epoch = table.epoch
        house.now_ms += 1_000
        again = await house.refused(gateway, shut)
        assert (again["cause"], again["retryAfterMs"]) == (first["cause"], REST_MS - 1_000)
        assert table.epoch == epoch, "it was not opened a second time"
        table.version = 3  # mended
        house.now_ms += REST_MS
        await house.works(gateway, shut, 3)


@pytest.mark.parametrize("code", ["unknown_dashboard", "storage_unavailable", "owner_moved"])
def test_an_outage_is_no_quarantine(code: str) -> None:
    quarantine, board = Quarantine(), uuid4()
    assert quarantine.judge(board, WeftError(code), 0) is None
    quarantine.check(board, 0)


def test_an_edit_that_does_not_fit_the_log_is_no_fault_of_who_joins() -> None:
    quarantine, board = Quarantine(), uuid4()
    told = quarantine.judge(board, OperationError("target_missing"), 0)
    assert told is not None
    assert told.code == "unreadable"
    with pytest.raises(WeftError, match=r"cannot be read") as again:
        quarantine.check(board, REST_MS - 1)
    assert again.value.details == {**told.details, "retryAfterMs": 1}
    quarantine.check(board, REST_MS)


IN_LOG = "UPDATE operations SET operation = $2::TEXT::JSONB WHERE dashboard_id = $1 AND version = 2"
CHECKPOINT = "UPDATE checkpoints SET state = $2::TEXT::JSONB WHERE dashboard_id = $1"
GONE = "DELETE FROM operations WHERE dashboard_id = $1 AND version = 2 AND $2::TEXT IS NOT NULL"
CORRUPTIONS = {
    "no list": (IN_LOG, "null", "operations, version 2"),
    "a text": (IN_LOG, '"x"', "operations, version 2"),
    "no operations": (IN_LOG, "[1, null]", "operations"),
    "an operation of no type": (IN_LOG, '[{"type": "sideways"}]', "operations"),
    "an edit of nothing": (
        IN_LOG,
        json.dumps([{"type": "removeWidget", "targetId": str(uuid4())}]),
        "operations",
    ),
    "deeper than can be read": (IN_LOG, DEEP, "what follows"),
    "a version that is not there": (GONE, "", "version"),
    "a checkpoint that is none": (CHECKPOINT, "[]", "checkpoints, version 0"),
    "a checkpoint without content": (CHECKPOINT, '{"widgets": []}', "checkpoint"),
    "a checkpoint of another shape": (CHECKPOINT, '{"title": 7}', "checkpoint"),
    "no checkpoint": ("DELETE FROM checkpoints WHERE dashboard_id = $1 AND $2 = ''", "", None),
}


@pytest.mark.store
@pytest.mark.parametrize("corruption", CORRUPTIONS)
async def test_law10_a_corrupted_row_shuts_its_dashboard_and_verify_names_it(
    real: House, postgres_stores: PostgresStores, corruption: str
) -> None:
    statement, content, where = CORRUPTIONS[corruption]
    shut, other = await real.written(), await real.written()
    await postgres_stores.pool.execute(statement, shut, content)
    async with linked(real.url) as gateway:
        ended = await real.refused(gateway, shut)
        assert (ended["code"], ended["retry"]) == ("unreadable", "later")
        await real.works(gateway, other, 3)
    if where is not None:
        (_, broken), (_, sound) = await verify_dashboards(postgres_stores.log, [shut, other])
        assert broken.difference is not None
        assert broken.difference.where == where
        assert sound.difference is None
    await postgres_stores.pool.execute("DELETE FROM dashboards WHERE id = $1", shut)
