"""Laws 1, 2 and 5 in one statement: the group commit, on a connection of its own.

When it returns, PostgreSQL has made the commit durable. When it does not, the caller learns which
of two things is true: it certainly did not happen, or nobody knows yet.
"""

import asyncio
import logging
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from storage.ports import CommitAmbiguous, DashboardCommit
from storage.postgres_connection import OUTAGES, ROW_LOCKS, Connection, connect, storage_errors
from storage.postgres_statements import statements
from storage.rows import UNSTORABLE, head_after, kind_of, target_of
from weft.errors import WeftError
from weft.limits import COMMIT_TIMEOUT_SECONDS

logger = logging.getLogger(__name__)

Statement: TypeAlias = "PreparedStatement[asyncpg.Record]"

GROUP_COMMIT: Final = statements("log")["group_commit"]
SETTINGS: Final = {
    # Planned once, and so that the rows are found by their ids whatever the statistics say.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    **ROW_LOCKS,
}


LOST: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Refused(Exception):  # noqa: N818  (never leaves this file)
    """PostgreSQL answered that it will not do this statement: nothing of it has happened."""


class PostgresCommit:
    """One prepared statement on one connection, which is made again when it is lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None
        self._statement: Statement | None = None

    async def commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        """See OperationLog.commit.

        A statement that PostgreSQL refuses is tried dashboard by dashboard, so that what is wrong
        with one stays with that one (law 10): it counts as not committed.
        """
        commits = sorted(commits, key=lambda commit: commit.dashboard_id.int)
        async with self._turn:
            try:
                return await self._run(commits)
            except Refused:
                return set().union(*[await self._run_alone(commit) for commit in commits])

    async def close(self) -> None:
        async with self._turn:
            if self._connection is not None:
                await self._connection.close(timeout=COMMIT_TIMEOUT_SECONDS)
                self._connection = None

    async def _run_alone(self, commit: DashboardCommit) -> set[UUID]:
        try:
            return await self._run([commit])
        except Refused as refusal:
            logger.error("commit refused: dashboard %s: %s", commit.dashboard_id, refusal.__cause__)
            return set()

    async def _run(self, commits: list[DashboardCommit]) -> set[UUID]:
        connection, statement = await self._ready()
        try:
            rows = await statement.fetch(*arguments(commits), timeout=COMMIT_TIMEOUT_SECONDS)
        except asyncpg.LockNotAvailableError as error:
            # Somebody holds one of the rows. To settle each on its own lets the others go on.
            raise CommitAmbiguous from error
        except (*UNSTORABLE, asyncpg.DataError) as error:
            raise Refused from error  # by our encoder, before it was sent, or by PostgreSQL
        except asyncpg.PostgresError as error:
            connection.terminate()
            if error.severity_en != "ERROR":  # FATAL, or asyncpg's own: the connection is lost
                raise CommitAmbiguous from error
            if isinstance(error, OUTAGES):
                raise WeftError("storage_unavailable", cause=type(error).__name__) from error
            raise Refused from error
        except LOST as error:
            connection.terminate()
            raise CommitAmbiguous from error
        except BaseException:  # cancelled: the statement may go on without us
            connection.terminate()
            raise
        return {row["id"] for row in rows}

    async def _ready(self) -> tuple[Connection, Statement]:
        """Nothing has been sent yet: what fails here certainly did not happen."""
        if self._connection is None or self._statement is None or self._connection.is_closed():
            self._connection = self._statement = None
            try:
                connection = await connect(self._url, SETTINGS)
            except WeftError as error:  # also one that refuses us now: the password was changed
                raise WeftError("storage_unavailable", cause=error.code) from error
            try:
                with storage_errors():
                    self._statement = await connection.prepare(GROUP_COMMIT)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection
        return self._connection, self._statement


def arguments(commits: list[DashboardCommit]) -> tuple[list[Any], ...]:
    """The columns that the statement unnests: four of the dashboards, eleven of the submissions."""
    rows = [(commit.dashboard_id, one) for commit in commits for one in commit.submissions]
    return (
        [commit.dashboard_id for commit in commits],
        [commit.expected_version for commit in commits],
        [commit.epoch for commit in commits],
        [head_after(commit) for commit in commits],
        [dashboard_id for dashboard_id, _ in rows],
        [one.version for _, one in rows],
        [one.replica_id for _, one in rows],
        [one.sequence for _, one in rows],
        [one.user_id for _, one in rows],
        [one.base_version for _, one in rows],
        [kind_of(one.operations) for _, one in rows],
        [target_of(one.operations) for _, one in rows],
        [one.operations for _, one in rows],
        [one.fingerprint for _, one in rows],
        [one.at_ms for _, one in rows],
    )
