"""The laws of the owner on random histories: lost, repeated and late messages, failing commits,
owners that crash and owners that do not know that they have been replaced.
"""

import asyncio
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors import commit_loop
from storage.memory_log import CommitFailure, run_now
from tests.owner.owner_conversation import retitling, typing
from tests.owner.owner_world import POISON, Client, World, some_edit, world_of
from weft.ot import Document

PEOPLE = 3
FAILURES = {
    "commit fails": CommitFailure.REFUSED,
    "commit happens unheard": CommitFailure.HAPPENED,
    "commit is lost": CommitFailure.LOST,
    "commit is late": CommitFailure.LATE,
}
ON_CLIENT: dict[str, Callable[[Client, int], None]] = {
    "edit": lambda client, number: client.edit(some_edit(client.document, Random(number))),
    "edit badly": lambda client, _: client.edit([typing("x", position=-1)]),
    "edit poisonously": lambda client, _: client.edit([retitling(POISON)]),
    "send again": lambda client, _: client.send(),
    "read": lambda client, number: client.read(number % 6 or None),
    "join again": lambda client, number: client.join(wants_tail=number % 2 == 0),
    "join afresh": lambda client, _: client.join(holds=False),
    "leave and join": lambda client, _: client.leave_and_join(),
}
ACTIONS = [
    *["edit"] * 12,
    *["read"] * 12,
    *["commit"] * 10,
    *ON_CLIENT,
    *FAILURES,
    "late arrives",
    "owner crashes",
    "owner is replaced",
    "checkpoint",
]
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, PEOPLE - 1), st.integers(0, 2**16)),
    min_size=25,  # on average the middle between these
    max_size=75,
)


READ = [("read", who, 0) for who in range(PEOPLE)]
COMMITS = [("commit", 0, 0)] * 5
TWO_EDITS = [*READ, ("edit", 0, 1), ("edit", 1, 2)]


@given(steps=STEPS)
@example(steps=[*TWO_EDITS, ("owner is replaced", 0, 0), *COMMITS])
@example(steps=[*TWO_EDITS, ("join again", 0, 0), *COMMITS])
@example(steps=[*TWO_EDITS, ("commit happens unheard", 0, 0), *COMMITS])
@example(steps=[*TWO_EDITS, ("commit is lost", 0, 0), *COMMITS])  # once settled twice at a time
@example(steps=[*READ, ("edit poisonously", 0, 0), ("edit", 1, 2), *COMMITS])  # the same
def test_the_laws_hold_through_any_history(steps: list[tuple[str, int, int]]) -> None:
    asyncio.run(live_through(steps))


async def live_through(steps: list[tuple[str, int, int]]) -> None:
    async with world_of(PEOPLE) as world:
        for action, who, number in steps:
            await act(world, action, who, number)
            await world.pass_time()
        await world.heal()
        assert world.violations == []
        check_law1_order(world)
        check_law3_exactly_once(world)
        check_law4_convergence(world)
        check_law7_everything_is_answered(world)


async def act(world: World, action: str, who: int, number: int) -> None:
    if action in FAILURES:
        world.log.failures.append(FAILURES[action])
        world.log.turns.release()
    elif action in ON_CLIENT:
        ON_CLIENT[action](world.clients[who], number)
    elif action == "commit":
        world.log.turns.release()
    elif action == "late arrives":
        assert world.log.deliver_late() == set(), "law 5: settled, and still committed"
    elif action == "owner crashes":
        await world.crash_owner()
    elif action == "owner is replaced":
        world.replace_owner()
    else:
        world.checkpoint()


def check_law1_order(world: World) -> None:
    versions = [row.submission.version for row in world.table.operations]
    assert versions == list(range(1, world.table.version + 1))


def check_law3_exactly_once(world: World) -> None:
    committed = {
        (row.submission.replica_id, row.submission.sequence): row.submission.version
        for row in world.table.operations
    }
    assert len(committed) == world.table.version, "an id has committed twice"
    for client in world.clients:
        for sequence, version in client.acknowledged.items():
            assert committed[client.replica_id, sequence] == version
        for sequence in {*client.refused, *client.given_up}:
            assert (client.replica_id, sequence) not in committed


def check_law4_convergence(world: World) -> None:
    head = world.document_at(world.table.version)
    assert world.owner.service.heart.sequencer.durable == head
    for client in world.clients:
        assert (client.version, client.document) == (world.table.version, head)
    for version in world.table.checkpoints:
        checkpoint = run_now(world.log.read_checkpoint(world.dashboard_id, version))
        assert world.document_at(world.table.version, checkpoint) == head
    rows = run_now(world.log.read_rows(world.dashboard_id))
    assert rows is not None
    assert rows.version == world.table.version
    assert Document.from_json(rows.state) == head


def check_law7_everything_is_answered(world: World) -> None:
    assert [client.in_flight for client in world.clients] == [None] * PEOPLE
    refusals = {code for client in world.clients for code in client.refused.values()}
    assert refusals <= {"invalid_operation", "quarantined"}


@pytest.fixture(autouse=True, scope="module")
def _no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(commit_loop, "COMMIT_RETRY_MIN_SECONDS", 0.0)
        yield
