"""What only the memory twins can do: fail on demand, follow a given clock, and never wait."""

import asyncio
from uuid import uuid4

import pytest

from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import CommitFailure, MemoryLog, run_now
from storage.memory_tables import MemoryTables
from storage.ports import CommitAmbiguous, Head, OpenedDashboard, OwnerAddress
from tests.storage.making import commit_of
from weft.errors import WeftError


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def opened(log: MemoryLog) -> OpenedDashboard:
    accounts = MemoryAccounts(log.tables)
    user_id = run_now(accounts.create_user("a@example.org", "a"))
    opened = run_now(log.open_dashboard(run_now(accounts.create_dashboard(user_id, "Sales"))))
    assert opened is not None
    return opened


@pytest.mark.parametrize(
    ("failure", "version"),
    [(CommitFailure.HAPPENED, 1), (CommitFailure.LOST, 0), (CommitFailure.LATE, 0)],
)
def test_an_ambiguous_commit_is_settled_by_reading_back(log, opened, failure, version):
    log.failures.append(failure)
    with pytest.raises(CommitAmbiguous):
        run_now(log.commit([commit_of(opened)]))
    head = Head(version, opened.epoch + 1)
    assert run_now(log.settle(opened.dashboard_id, opened.epoch)) == head
    assert log.deliver_late() == set(), "law 5: what arrives after the settling is fenced"
    assert run_now(log.head(opened.dashboard_id)) == head


def test_a_late_commit_that_nobody_has_settled_still_arrives_once(log, opened):
    log.failures.append(CommitFailure.LATE)
    with pytest.raises(CommitAmbiguous):
        run_now(log.commit([commit_of(opened)]))
    assert log.deliver_late() == {opened.dashboard_id}
    assert log.deliver_late() == set()
    assert run_now(log.head(opened.dashboard_id)) == Head(1, opened.epoch)


def test_a_refused_commit_has_not_happened_and_the_next_goes_through(log, opened):
    log.failures.extend([CommitFailure.REFUSED, None])
    with pytest.raises(WeftError) as raised:
        run_now(log.commit([commit_of(opened)]))
    assert raised.value.code == "storage_unavailable"
    assert run_now(log.commit([commit_of(opened)])) == {opened.dashboard_id}


def test_an_outage_of_memory_fails_every_call(log, opened):
    log.tables.unavailable = True
    accounts, directory = MemoryAccounts(log.tables), MemoryDirectory()
    directory.unavailable = True
    for call in (
        log.commit([]),
        log.head(opened.dashboard_id),
        log.dashboard_ids(),
        accounts.find_session("x"),
        accounts.role_of(opened.dashboard_id, uuid4()),
        directory.owners(),
        directory.holder(opened.dashboard_id),
        directory.connections_of(uuid4()),
    ):
        with pytest.raises(WeftError) as raised:
            run_now(call)
        assert raised.value.code == "storage_unavailable"


def test_a_session_ends_by_the_clock_that_was_given():
    now = [1000.0]
    accounts = MemoryAccounts(MemoryTables(clock=lambda: now[0]))
    user_id = run_now(accounts.create_user("a@example.org", "a"))
    run_now(accounts.create_session(user_id, "hash", 60.0))
    found = run_now(accounts.find_session("hash"))
    assert found is not None
    assert found.expires_at_ms == 1_060_000
    now[0] = 1060.0
    assert run_now(accounts.find_session("hash")) is None


def test_a_heartbeat_ends_by_the_clock_that_was_given():
    now = [0.0]
    directory = MemoryDirectory(lambda: now[0])
    address, dashboard_id = OwnerAddress("o", "1", "ws://x"), uuid4()
    run_now(directory.announce_owner(address, 3.0))
    run_now(directory.claim(dashboard_id, address))
    now[0] = 2.9
    assert run_now(directory.holder(dashboard_id)) == address
    now[0] = 3.0
    assert run_now(directory.holder(dashboard_id)) is None
    assert run_now(directory.owners()) == ()


def test_a_coroutine_that_waits_cannot_be_run_now():
    with pytest.raises(RuntimeError):
        run_now(asyncio.sleep(1))
