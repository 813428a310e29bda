"""Edits over HTTP on their way to the owner: committed once, whatever becomes of the way."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from actors.owner_service import OwnerService
from gateway.attachment_loop import OwnerFinder, Route
from gateway.link_loop import OwnerLinks
from gateway.owner_edits import SEQUENCE, Edit, Operation
from gateway.owner_edits_loop import LinkedOwnerEdits
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from tests.gateway.fake_owner import EMPTY, FakeOwner
from tests.gateway.gateway_world import LINK_SECRET, soon
from weft.errors import WeftError
from weft.wire.frames import joined_frame
from weft.wire.link import ANYTHING, Attach, Joined

RETITLE = {"type": "update", "path": ["title"], "value": "Costs"}
TOO_LONG = {"type": "insert", "path": ["title"], "position": 0, "value": "x" * 300}
DESCRIBE = {"type": "update", "path": ["description"], "value": "of it"}


@dataclass
class Way:
    """From this gateway to one real owner, on memory twins."""

    edits: LinkedOwnerEdits
    log: MemoryLog
    dashboard_id: UUID
    user_id: UUID

    def edit(self, *operations: Operation, base: int = 0, **fields: Any) -> Edit:
        return Edit(self.dashboard_id, self.user_id, uuid4(), base, operations, **fields)

    async def versions(self) -> list[int]:
        found = await self.log.submissions_between(self.dashboard_id, 0, 100)
        return [submission.version for submission in found]


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    tables = MemoryTables(clock=time.time)
    accounts, log = MemoryAccounts(tables), MemoryLog(tables)
    directory = MemoryDirectory(time.monotonic)
    owner = OwnerService("owner-1", log, accounts, directory, secret=LINK_SECRET)
    links = OwnerLinks("gateway-1", LINK_SECRET)
    await owner.start()
    user_id = await accounts.create_user("ann@example.org", "ann")
    dashboard_id = await accounts.create_dashboard(user_id, "Sales")
    edits = LinkedOwnerEdits(Route(OwnerFinder(directory), links))
    yield Way(edits, log, dashboard_id, user_id)
    await links.close()
    await owner.stop()


async def test_an_edit_has_committed_when_it_returns(way: Way) -> None:
    assert await soon(way.edits.submit(way.edit(RETITLE))) == 1
    assert await way.versions() == [1]


async def test_law3_the_same_edit_again_is_the_same_commit(way: Way) -> None:
    edit = way.edit(RETITLE)
    assert await soon(way.edits.submit(edit)) == 1
    assert await soon(way.edits.submit(way.edit(DESCRIBE, base=1))) == 2
    assert await soon(way.edits.submit(edit)) == 1
    assert await way.versions() == [1, 2]


async def test_edits_at_one_time_merge_like_those_of_any_two_editors(way: Way) -> None:
    both = [way.edits.submit(way.edit(each)) for each in (RETITLE, DESCRIBE)]
    assert sorted(await soon(asyncio.gather(*both))) == [1, 2]


async def test_what_others_have_changed_since_is_a_conflict_where_it_is_guarded(way: Way) -> None:
    await soon(way.edits.submit(way.edit(RETITLE)))
    with pytest.raises(WeftError) as refusal:
        await soon(way.edits.submit(way.edit(DESCRIBE, guard=ANYTHING)))
    assert (refusal.value.code, refusal.value.details["headVersion"]) == ("conflict", 1)
    assert await soon(way.edits.submit(way.edit(DESCRIBE, guard=str(uuid4())))) == 2
    assert await soon(way.edits.submit(way.edit(DESCRIBE, base=2, guard=ANYTHING))) == 3


async def test_of_many_guarded_edits_at_one_time_one_gets_through(way: Way) -> None:
    """Also of those that the owner has in hand and has not committed yet."""
    edits = [way.edits.submit(way.edit(RETITLE, guard=ANYTHING)) for _ in range(8)]
    outcomes = await soon(asyncio.gather(*edits, return_exceptions=True))
    assert outcomes.count(1) == 1
    assert await way.versions() == [1]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ({"type": "removeWidget", "targetId": str(uuid4())}, "target_missing"),
        ({"type": "update", "path": ["settings", "a", "b"], "value": 1}, "invalid_path"),
        (
            {"type": "insert", "path": ["title"], "position": 0, "value": "x" * 300},
            "limit_exceeded",
        ),
    ],
)
async def test_law7_what_the_owner_refuses_is_told_by_its_name(
    way: Way, operation: Operation, code: str
) -> None:
    with pytest.raises(WeftError) as refusal:
        await soon(way.edits.submit(way.edit(operation)))
    assert refusal.value.code == code
    assert refusal.value.details["operation"] == 0


async def test_law6_a_stranger_has_no_dashboard_to_edit(way: Way) -> None:
    foreign = Edit(way.dashboard_id, uuid4(), uuid4(), 0, (RETITLE,))
    with pytest.raises(WeftError) as refusal:
        await soon(way.edits.submit(foreign))
    assert refusal.value.code == "unknown_dashboard"


# --- when the way breaks ------------------------------------------------------------------------


class Remembering(FakeOwner):
    """An owner that took over: it knows what the one before has committed."""

    def _answer(self, line: Attach) -> Joined:
        frame = joined_frame(
            line.dashboard_id,
            version=7,
            role="editor",
            snapshot=(7, EMPTY),
            submissions=[],
            last_sequence=SEQUENCE,
            last_version=6,
        )
        return Joined(line.n, frame)


class Deaf(FakeOwner):
    """Lets in, and never says what became of a submission."""

    async def _take(self, connection: Any, line: Any) -> None:
        self.is_silent = not isinstance(line, Attach)
        await super()._take(connection, line)


async def test_law3_an_edit_whose_owner_died_is_found_where_it_has_committed() -> None:
    directory = MemoryDirectory(time.monotonic)
    links = OwnerLinks("gateway-1", LINK_SECRET)
    edits = LinkedOwnerEdits(Route(OwnerFinder(directory), links))
    edit = Edit(uuid4(), uuid4(), uuid4(), 0, (RETITLE,))
    async with Deaf("owner-1") as first, Remembering("owner-2") as second:
        await directory.announce_owner(first.address, 60)
        submitting = asyncio.create_task(edits.submit(edit))
        submitted = await soon(first.submitted.get())
        assert (submitted.sequence, submitted.operations) == (SEQUENCE, [RETITLE])
        await directory.withdraw_owner(first.address)
        await directory.announce_owner(second.address, 60)
        await first.die()
        assert await soon(submitting) == 6
        assert second.submitted.empty()
        assert (await soon(second.attached.get())).replica_id == edit.replica_id
        await soon(second.detached.get())
        await links.close()


async def test_without_an_answer_it_is_not_known_and_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("weft.limits.HTTP_EDIT_TIMEOUT_SECONDS", 0.1)
    directory = MemoryDirectory(time.monotonic)
    links = OwnerLinks("gateway-1", LINK_SECRET)
    edits = LinkedOwnerEdits(Route(OwnerFinder(directory), links))
    async with Deaf() as owner:
        await directory.announce_owner(owner.address, 60)
        with pytest.raises(WeftError) as refusal:
            await soon(edits.submit(Edit(uuid4(), uuid4(), uuid4(), 0, (RETITLE,))))
        assert refusal.value.code == "owner_unavailable"
        assert "not known" in refusal.value.message
        assert refusal.value.details["retryAfterMs"] > 0
        for _ in range(owner.attached.qsize()):  # it was that far, unless the machine was slow
            await soon(owner.detached.get())
        await links.close()
