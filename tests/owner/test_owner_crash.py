"""An owner is killed in the middle of its work; another one goes on where it was."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from storage.postgres_pool import PostgresStores
from tests.owner.owner_gateway import Gateway, linked
from tests.owner.owner_process import owner_process
from weft.ot import Document, apply, operation_from_json
from weft.wire.link import Joined, Publish, Reply

EDITORS = 5
EDITS_OF_EACH = 30
KILLED_AFTER = 70  # acknowledgements, of 150

pytestmark = pytest.mark.store


class Editor:
    """Sends its next edit when the last is acknowledged."""

    def __init__(self) -> None:
        self.replica_id = uuid4()
        self.number = 0
        self.sequence = 1  # of what is in flight
        self.base_version = 0  # of what is in flight
        self.acknowledged: dict[int, int] = {}  # version by sequence

    async def send(self, gateway: Gateway) -> None:
        if self.sequence <= EDITS_OF_EACH:
            key = f"{self.replica_id}/{self.sequence}"
            edit = {"type": "update", "path": ["settings", key], "value": self.sequence}
            await gateway.submit(self.number, self.sequence, self.base_version, edit)

    async def heard(self, gateway: Gateway, sequence: int, version: int) -> None:
        assert self.acknowledged.setdefault(sequence, version) == version
        if sequence == self.sequence:
            self.sequence += 1
            self.base_version = version
            await self.send(gateway)


async def edit(
    gateway: Gateway, editors: list[Editor], board: UUID, user_id: UUID, until: int
) -> None:
    """Join (again), and go on until so many edits have been acknowledged."""
    by_replica = {str(editor.replica_id): editor for editor in editors}
    for editor in editors:
        editor.number = await gateway.attach(board, user_id, editor.replica_id)
    by_number = {editor.number: editor for editor in editors}
    while sum(len(editor.acknowledged) for editor in editors) < until:
        kind, about, frame = await gateway.hear()
        if kind is Joined:
            editor = by_number[int(about)]
            assert frame["lastSequence"] >= max(editor.acknowledged, default=0)
            if frame["lastSequence"] == editor.sequence:
                await editor.heard(gateway, editor.sequence, frame["lastVersion"])
            else:
                await editor.send(gateway)
        elif kind is Publish:
            for each in frame["submissions"]:
                editor = by_replica[each["replicaId"]]
                await editor.heard(gateway, each["sequence"], each["version"])
        else:
            assert kind is Reply, frame
            raise AssertionError(frame)


async def test_law3_a_killed_owner_loses_and_doubles_nothing(
    postgres_stores: PostgresStores, postgres_url: str, redis_url: str
) -> None:
    log, accounts = postgres_stores.log, postgres_stores.accounts
    name = str(uuid4())
    user_id = await accounts.create_user(f"{name}@example.org", name)
    board = await accounts.create_dashboard(user_id, "Sales")
    editors = [Editor() for _ in range(EDITORS)]

    with owner_process(postgres_url, redis_url) as (url, kill):
        async with linked(url) as gateway:
            await edit(gateway, editors, board, user_id, KILLED_AFTER)
            kill()
            with pytest.raises(ConnectionClosed):
                while True:
                    await gateway.websocket.recv()
    assert all(editor.sequence <= EDITS_OF_EACH for editor in editors), "all had work under way"
    with owner_process(postgres_url, redis_url) as (url, _):
        async with linked(url) as gateway:
            await edit(gateway, editors, board, user_id, EDITORS * EDITS_OF_EACH)

    logged = await log.submissions_between(board, 0, 10**6)
    assert [each.version for each in logged] == list(range(1, EDITORS * EDITS_OF_EACH + 1))
    ids = Counter((each.replica_id, each.sequence) for each in logged)
    assert set(ids.values()) == {1}
    for editor in editors:
        for sequence, version in editor.acknowledged.items():
            assert (logged[version - 1].replica_id, logged[version - 1].sequence) == (
                editor.replica_id,
                sequence,
            )
    document = Document.empty("Sales")
    for each in logged:
        document = apply(document, [operation_from_json(one, True) for one in each.operations])
    assert len(document.to_json()["settings"]) == EDITORS * EDITS_OF_EACH
