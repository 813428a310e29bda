"""Whole owners, over real links: on memory twins, and on PostgreSQL and Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from actors import upkeep
from actors.owner_service import OwnerService
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.ports import Accounts, Directory, OperationLog, OwnerAddress
from storage.redis_directory import RedisDirectory
from tests.owner.owner_conversation import OTHER_WIDGET, WIDGET, retitling, typing, widget_state
from tests.owner.owner_gateway import SECRET, Gateway, linked
from tests.patience import patient_directory
from weft.ot import Document, apply, operation_from_json

STORES = ["memory", pytest.param("real", marks=pytest.mark.store)]


@dataclass(frozen=True)
class Stores:
    log: OperationLog
    accounts: Accounts
    directory: Directory


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        log = MemoryLog()
        return Stores(log, MemoryAccounts(log.tables), MemoryDirectory())
    real = request.getfixturevalue("postgres_stores")
    return Stores(real.log, real.accounts, request.getfixturevalue("own_redis_directory"))


@pytest.fixture
async def own_redis_directory(redis_url: str) -> AsyncIterator[RedisDirectory]:
    directory = patient_directory(redis_url)
    yield directory
    await directory.close()


StartOwner = Callable[[], Awaitable[tuple[OwnerService, OwnerAddress]]]


@pytest.fixture
async def start_owner(stores: Stores) -> AsyncIterator[StartOwner]:
    """Start one more owner; all are stopped at the end."""
    owners: list[OwnerService] = []

    async def start() -> tuple[OwnerService, OwnerAddress]:
        owner_id = f"owner-{uuid4()}"
        owner = OwnerService(owner_id, stores.log, stores.accounts, stores.directory, secret=SECRET)
        owners.append(owner)
        return owner, await owner.start()

    yield start
    for owner in owners:
        await owner.stop()


@pytest.fixture
async def address(start_owner: StartOwner) -> OwnerAddress:
    _, address = await start_owner()
    return address


@pytest.fixture
async def ann(stores: Stores) -> UUID:
    return await new_user(stores)


@pytest.fixture
async def board(stores: Stores, ann: UUID) -> UUID:
    """Ann's dashboard."""
    return await stores.accounts.create_dashboard(ann, "Sales")


async def new_user(stores: Stores) -> UUID:
    name = str(uuid4())
    return await stores.accounts.create_user(f"{name}@example.org", name)


async def test_an_edit_is_published_once_to_each_link(
    address: OwnerAddress, board: UUID, ann: UUID
) -> None:
    async with linked(address.url) as first, linked(address.url) as second:
        mine, joined = await first.join(board, ann)
        await first.join(board, ann)
        await second.join(board, ann)
        assert (joined["version"], joined["role"]) == (0, "owner")
        await first.submit(mine, 1, 0, retitling("North"))
        for gateway in (first, second):
            (submission,) = await gateway.published()
            assert submission["operations"][0]["oldValue"] == "Sales"
        await first.submit(mine, 2, 1, retitling("South"))
        for gateway in (first, second):
            (submission,) = await gateway.published()
            assert submission["version"] == 2


async def test_who_has_left_hears_no_more(address: OwnerAddress, board: UUID, ann: UUID) -> None:
    async with linked(address.url) as first, linked(address.url) as second:
        mine, _ = await first.join(board, ann)
        theirs, _ = await second.join(board, ann)
        await second.detach(theirs)
        other, _ = await second.join(board, ann)  # so the owner has read the line before
        await second.detach(other)
        await second.attach(uuid4(), ann)
        assert (await second.ended(3))["code"] == "unknown_dashboard"
        await first.submit(mine, 1, 0, retitling("North"))
        await first.published()
        await second.attach(uuid4(), ann)
        assert (await second.ended(4))["code"] == "unknown_dashboard"


async def test_law3_a_link_that_was_cut_loses_no_acknowledgement(
    address: OwnerAddress, board: UUID, ann: UUID
) -> None:
    replica_id = uuid4()
    async with linked(address.url) as gateway:
        number, _ = await gateway.join(board, ann, replica_id=replica_id)
        await gateway.submit(number, 1, 0, retitling("North"))
        gateway.websocket.transport.abort()
    async with linked(address.url) as gateway:
        number, joined = await gateway.join(board, ann, replica_id=replica_id, version=0)
        if joined["lastSequence"] == 0:  # the cut was faster
            await gateway.submit(number, 1, 0, retitling("North"))
            assert len(await gateway.published()) == 1
        await gateway.submit(number, 1, 0, retitling("North"))
        again = await gateway.reply(number)
        assert (again["type"], again["version"]) == ("acknowledged", 1)


async def test_law7_bad_operations_are_refused_one_by_one(
    address: OwnerAddress, board: UUID, ann: UUID
) -> None:
    async with linked(address.url) as gateway:
        number, _ = await gateway.join(board, ann)
        await gateway.submit(number, 1, 0, typing("x"))
        refused = await gateway.reply(number)
        assert (refused["type"], refused["code"]) == ("rejected", "target_missing")
        await gateway.submit(number, 2, 0, retitling("North"))
        assert len(await gateway.published()) == 1


async def test_law6_strangers_and_viewers(
    stores: Stores, address: OwnerAddress, board: UUID
) -> None:
    eve, vic = await new_user(stores), await new_user(stores)
    await stores.accounts.share(board, vic, "viewer")
    async with linked(address.url) as gateway:
        assert (await gateway.ended(await gateway.attach(board, eve)))[
            "code"
        ] == "unknown_dashboard"
        number, joined = await gateway.join(board, vic)
        assert joined["role"] == "viewer"
        await gateway.submit(number, 1, 0, retitling("Mine"))
        assert (await gateway.reply(number))["code"] == "forbidden"


async def test_an_unknown_dashboard_is_said_to_be_unknown_and_not_held(
    stores: Stores, address: OwnerAddress, ann: UUID
) -> None:
    nowhere = uuid4()
    async with linked(address.url) as gateway:
        number = await gateway.attach(nowhere, ann)
        assert (await gateway.ended(number))["code"] == "unknown_dashboard"
    assert await stores.directory.holder(nowhere) is None


async def test_a_dashboard_is_opened_once_for_all_who_come(
    stores: Stores, address: OwnerAddress, board: UUID, ann: UUID
) -> None:
    async with linked(address.url) as gateway:
        numbers = {await gateway.attach(board, ann) for _ in range(5)}
        assert {(await gateway.hear())[1] for _ in numbers} == numbers
    head = await stores.log.head(board)
    assert head is not None
    assert head.epoch == 1
    assert await stores.directory.holder(board) == address


async def test_who_asks_the_wrong_owner_is_told_the_right_one(
    start_owner: StartOwner, board: UUID, ann: UUID
) -> None:
    (_, holder), (_, other) = await start_owner(), await start_owner()
    async with linked(holder.url) as here, linked(other.url) as there:
        await here.join(board, ann)
        moved = await there.ended(await there.attach(board, ann))
        assert moved["code"] == "owner_moved"
        assert moved["owner"] == {
            "ownerId": holder.owner_id,
            "incarnation": holder.incarnation,
            "url": holder.url,
        }


async def test_law5_an_owner_that_was_overtaken_commits_nothing_and_sends_its_people_on(
    stores: Stores, start_owner: StartOwner, board: UUID, ann: UUID
) -> None:
    (_, stale), (_, rival) = await start_owner(), await start_owner()
    async with linked(stale.url) as here, linked(rival.url) as there:
        number, _ = await here.join(board, ann)
        await stores.directory.release(board, stale)
        theirs, _ = await there.join(board, ann)
        await here.submit(number, 1, 0, retitling("Stale"))
        assert (await here.ended(number))["code"] == "owner_moved"
        await there.submit(theirs, 1, 0, retitling("Fresh"))
        (submission,) = await there.published()
        assert submission["version"] == 1


async def test_being_stopped_saves_everything_and_lets_go(
    stores: Stores, start_owner: StartOwner, board: UUID, ann: UUID
) -> None:
    owner, address = await start_owner()
    async with linked(address.url) as gateway:
        number, _ = await gateway.join(board, ann)
        await gateway.submit(number, 1, 0, retitling("North"))
        await gateway.published()
        await owner.stop()
        assert (await gateway.ended(number))["code"] == "going_away"
        assert await gateway.closed() == 1001
    rows = await stores.log.read_rows(board)
    assert rows is not None
    assert (rows.version, rows.state["title"]) == (1, "North")
    assert await stores.directory.holder(board) is None
    assert address not in await stores.directory.owners()


EDITS = [
    [{"type": "addWidget", "targetId": WIDGET, "value": widget_state("grüß 👋")}],
    [{"type": "addWidget", "targetId": OTHER_WIDGET, "value": widget_state()}, retitling("B")],
    [typing("hello ", 5), {"type": "move", "targetId": WIDGET, "value": {"x": 2.5}}],
    [{"type": "removeWidget", "targetId": OTHER_WIDGET}, typing("x")],
    [{"type": "update", "path": ["settings", "theme"], "value": {"dark": [1, None, True]}}],
]


async def test_law4_restart_from_checkpoint_and_tail_is_the_full_replay(
    stores: Stores,
    start_owner: StartOwner,
    board: UUID,
    ann: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_EVERY_VERSIONS", 2)
    replica_id = uuid4()
    (_, address), (_, heir) = await start_owner(), await start_owner()
    async with linked(address.url) as gateway:
        await type_all(gateway, board, ann, replica_id)
    await stores.directory.release(board, address)  # as if it had died: nobody was told
    async with linked(heir.url) as gateway:
        number, joined = await gateway.join(board, ann, replica_id=replica_id)
        assert joined["version"] == joined["lastSequence"] == len(EDITS)
        for sequence in (1, len(EDITS)):
            await gateway.submit(number, sequence, sequence - 1, *EDITS[sequence - 1])
            again = await gateway.reply(number)
            assert (again["type"], again["version"]) == ("acknowledged", sequence)
    head = await replayed(stores, board)
    assert Document.from_json(joined["snapshot"]["state"]) == head


async def type_all(gateway: Gateway, board: UUID, user_id: UUID, replica_id: UUID) -> None:
    number, _ = await gateway.join(board, user_id, replica_id=replica_id)
    for version, operations in enumerate(EDITS):
        await gateway.submit(number, version + 1, version, *operations)
        await gateway.published()


async def replayed(stores: Stores, board: UUID) -> Document:
    """The whole log from the start, as nobody keeps it."""
    start = await stores.log.read_checkpoint(board, 0)
    assert start is not None
    document = Document.from_json(start.state)
    for each in await stores.log.submissions_between(board, 0, 10**6):
        operations = [operation_from_json(one, trusted=True) for one in each.operations]
        document = apply(document, operations)
    return document


async def test_law4_the_log_brings_pending_edits_up_to_date_in_pages(
    address: OwnerAddress, board: UUID, ann: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("joining", "snapshots"):
        monkeypatch.setattr(f"actors.{room}.TAIL_MAX_VERSIONS", 2)
    async with linked(address.url) as gateway:
        await type_all(gateway, board, ann, uuid4())
        number = await gateway.attach(board, ann, version=0, wants_tail=True)
        heard = [await gateway.hear() for _ in range(3)]
        assert [about for _, about, _ in heard] == [number] * 3
        assert [frame["type"] for _, _, frame in heard] == ["tail", "tail", "joined"]
        seen = [each["version"] for _, _, frame in heard for each in frame["submissions"]]
        assert seen == [1, 2, 3, 4, 5]


async def test_law6_after_a_revocation_nothing_more_commits(
    stores: Stores, start_owner: StartOwner, board: UUID, ann: UUID
) -> None:
    owner, address = await start_owner()
    bob = await new_user(stores)
    await stores.accounts.share(board, bob, "editor")
    async with linked(address.url) as gateway:
        number, _ = await gateway.join(board, bob)
        await stores.accounts.share(board, bob, "viewer")
        await owner.regrant(board, bob)
        assert (await gateway.reply(number))["type"] == "permission"
        await gateway.submit(number, 1, 0, retitling("Mine"))
        assert (await gateway.reply(number))["code"] == "forbidden"
    await owner.regrant(uuid4(), bob)


async def test_many_edit_many_dashboards_and_everyone_sees_all(
    stores: Stores, address: OwnerAddress, ann: UUID
) -> None:
    boards = [await stores.accounts.create_dashboard(ann, "Sales") for _ in range(4)]

    async def edit(board: UUID) -> None:
        async with linked(address.url) as gateway:
            number, _ = await gateway.join(board, ann)
            for sequence in range(1, 6):
                await gateway.submit(number, sequence, sequence - 1, retitling(str(sequence)))
                (submission,) = await gateway.published()
                assert submission["version"] == sequence

    async with asyncio.timeout(60):
        await asyncio.gather(*map(edit, boards))
