"""Owners that fight over dashboards while their connections are killed: one log comes out of it."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from storage.ports import CommitAmbiguous, DashboardCommit, LoggedSubmission
from storage.postgres_pool import PostgresStores, connect
from tests.storage.making import submission
from weft.errors import WeftError

pytestmark = pytest.mark.store

OWNERS, DASHBOARDS = 3, 4
COMMITS_LEAST, AMBIGUOUS_LEAST = 30, 5  # of each owner

KILL_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE query LIKE '%WITH wanted AS%' AND state = 'active' AND pid <> pg_backend_pid()
ORDER BY random() LIMIT 1
"""


@pytest.fixture
async def rivals(postgres_url: str) -> AsyncIterator[list[PostgresStores]]:
    opened = [await connect(postgres_url) for _ in range(OWNERS)]
    yield opened
    for stores in opened:
        await stores.close()


class Rival:
    """An owner that opens what it was fenced from, and remembers what it was told."""

    def __init__(self, stores: PostgresStores, ids: list[UUID], chance: random.Random) -> None:
        self.log = stores.log
        self.ids = ids
        self.chance = chance
        self.fence: dict[UUID, tuple[int, int]] = {}
        self.commits = self.ambiguous = 0
        self.acknowledged: dict[UUID, list[LoggedSubmission]] = defaultdict(list)

    async def run(self) -> None:
        while self.commits < COMMITS_LEAST or self.ambiguous < AMBIGUOUS_LEAST:
            self.commits += 1
            try:
                await self.commit(self.chance.sample(self.ids, k=3))
            except WeftError as error:
                assert error.code == "storage_unavailable"

    async def commit(self, ids: list[UUID]) -> None:
        for dashboard_id in ids:
            if dashboard_id not in self.fence:
                opened = await self.log.open_dashboard(dashboard_id)
                assert opened is not None
                self.fence[dashboard_id] = (opened.version, opened.epoch)
        commits = []
        for dashboard_id in ids:
            version, epoch = self.fence.pop(dashboard_id)
            batch = tuple(submission(version + 1 + n) for n in range(self.chance.randint(1, 3)))
            commits.append(DashboardCommit(dashboard_id, version, epoch, batch))
        try:
            committed = await self.log.commit(commits)
        except CommitAmbiguous:
            self.ambiguous += 1
            for commit in commits:
                await self.settle(commit)
        else:
            for commit in commits:
                if commit.dashboard_id in committed:
                    self.happened(commit, commit.epoch)

    async def settle(self, commit: DashboardCommit) -> None:
        head = await self.log.settle(commit.dashboard_id, commit.epoch)
        if head is not None and head.version > commit.expected_version:
            self.happened(commit, head.epoch)

    def happened(self, commit: DashboardCommit, epoch: int) -> None:
        self.acknowledged[commit.dashboard_id] += commit.submissions
        version = commit.expected_version + len(commit.submissions)
        self.fence[commit.dashboard_id] = (version, epoch)


async def test_law5_rivals_with_dying_connections_leave_one_order(
    rivals: list[PostgresStores], postgres_stores: PostgresStores
):
    accounts, log = postgres_stores.accounts, postgres_stores.log
    user_id = await accounts.create_user(f"{uuid4()}@example.org", str(uuid4()))
    ids = [await accounts.create_dashboard(user_id, "contested") for _ in range(DASHBOARDS)]
    owners = [Rival(each, ids, random.Random(seed)) for seed, each in enumerate(rivals)]

    async def kill_some() -> None:
        while True:
            await postgres_stores.pool.execute(KILL_ONE)

    killing = asyncio.create_task(kill_some())
    async with asyncio.timeout(60):
        await asyncio.gather(*(owner.run() for owner in owners))
    killing.cancel()
    await asyncio.wait([killing])
    for _ in range(2):  # once to learn that it was fenced, once in peace
        await owners[0].commit(ids)

    for dashboard_id in ids:
        logged = await log.submissions_between(dashboard_id, 0, 10_000)
        head = await log.head(dashboard_id)
        assert head is not None
        assert [one.version for one in logged] == list(range(1, head.version + 1))
        acknowledged = [one for owner in owners for one in owner.acknowledged[dashboard_id]]
        assert acknowledged
        by_version = {one.version: one for one in logged}
        assert all(by_version[one.version] == one for one in acknowledged)
        assert len({one.version for one in acknowledged}) == len(acknowledged)
