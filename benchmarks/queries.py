"""What the queries cost on a product in use, beside the SQL that the data model was asked with.

2,000 users, 5,000 dashboards, 50,000 collaborators, 1,000,000 operations, made up and copied in.
Each answer is timed as its caller sees it: the statement, the trip, and the records made of it.
"""

import random
import re
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from benchmarks.scratch_postgres import with_postgres
from storage.generator import WORDS, Generator, Size
from storage.postgres_connection import connect as connect_one
from storage.postgres_generator import fill
from storage.postgres_pool import PostgresStores, connect
from storage.postgres_queries import PostgresQueries
from storage.postgres_statements import statements

SIZE = Size()
DAYS = 100
CALLS = 400
SIDE_BY_SIDE_USERS = 25
BAR_CHARACTERS = 30
GOAL_MS, GOAL_TIMES = 5.0, 100

# Word for word.
SEED = {
    "getUserDashboards": """
  SELECT d.*,
    COUNT(DISTINCT dc.user_id) as collaborator_count,
    MAX(o.created_at) as last_modified
  FROM dashboards d
  LEFT JOIN dashboard_collaborators dc ON d.id = dc.dashboard_id
  LEFT JOIN operations o ON d.id = o.dashboard_id
  WHERE d.owner_id = $1 OR dc.user_id = $1
  GROUP BY d.id
  ORDER BY last_modified DESC
  LIMIT $2 OFFSET $3
""",
    "getDashboardWithWidgets": """
  SELECT
    d.*,
    json_agg(
      json_build_object(
        'id', w.id,
        'type', w.type,
        'title', w.title,
        'position', w.position,
        'config', w.config,
        'data', w.data,
        'version', w.version
      ) ORDER BY w.created_at
    ) as widgets
  FROM dashboards d
  LEFT JOIN widgets w ON d.id = w.dashboard_id
  WHERE d.id = $1
  GROUP BY d.id
""",
    "getOperationsSinceVersion": """
  SELECT * FROM operations
  WHERE dashboard_id = $1 AND version > $2
  ORDER BY version ASC
  LIMIT 1000
""",
    "getActiveCollaborators": """
  SELECT
    u.id, u.username, u.avatar_url,
    dc.role, dc.last_accessed_at,
    EXISTS(
      SELECT 1 FROM sessions s
      WHERE s.user_id = u.id
      AND s.expires_at > NOW()
    ) as is_online
  FROM dashboard_collaborators dc
  JOIN users u ON dc.user_id = u.id
  WHERE dc.dashboard_id = $1 AND dc.is_active = true
""",
}

Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Times:
    """Milliseconds, rising."""

    ms: list[float]

    @property
    def p50(self) -> float:
        return self.ms[len(self.ms) // 2]

    @property
    def p99(self) -> float:
        return self.ms[len(self.ms) * 99 // 100]


def main() -> None:
    with_postgres(_run)


async def _run(url: str) -> None:
    await _fill(url)
    stores = await connect(url)
    try:
        await _measure(stores)
        await _look_for_scans(stores)
    finally:
        await stores.close()


async def _fill(url: str) -> None:
    now, began = datetime.now(UTC), time.monotonic()
    since = now - timedelta(days=DAYS)
    connection = await connect_one(url)
    await fill(connection, Generator(SIZE, random.Random(1), since, now), since, show_progress)
    await connection.close()
    print(f"{SIZE.operations:,} operations made and copied in {time.monotonic() - began:.0f} s")


def show_progress(table: str, done: int, total: int | None) -> None:
    """A bar on standard error, drawn over itself."""
    whole = max(total or done, 1)
    filled = BAR_CHARACTERS * min(done, whole) // whole
    bar = "#" * filled + "." * (BAR_CHARACTERS - filled)
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{table:>24} [{bar}] {done:>9,}{end}")
    sys.stderr.flush()


async def _measure(stores: PostgresStores) -> None:
    chance = random.Random(2)
    queries = PostgresQueries(stores.pool)
    users: list[UUID] = [
        row["id"] for row in await stores.pool.fetch("SELECT id FROM users ORDER BY id")
    ]
    boards = list(await stores.log.dashboard_ids())

    def user() -> UUID:
        return chance.choice(users)

    def board() -> UUID:
        return chance.choice(boards)

    print(f"{'':28} {'p50 ms':>9} {'p99 ms':>9}   the seed's SQL, p50 ms")
    ours, seeds = await _side_by_side(stores, [user() for _ in range(SIDE_BY_SIDE_USERS)])
    times = seeds.p50 / ours.p50
    told = f"{times:,.0f} times as long" + ("" if times >= GOAL_TIMES else ": TOO FEW")
    _print("user_dashboards, SQL alone", ours, f"{seeds.p50:.0f}: {told}")
    _print("user_dashboards", await timed(lambda: queries.user_dashboards(user())), "")
    for name, call, seed, more in (
        ("dashboard_with_widgets", queries.dashboard_with_widgets, "getDashboardWithWidgets", ()),
        ("operations_since", _from_start(queries), "getOperationsSinceVersion", (0,)),
        ("active_collaborators", queries.active_collaborators, "getActiveCollaborators", ()),
    ):
        found = await timed(lambda: call(board()))  # noqa: B023  (called at once)
        literal = await timed(lambda: stores.pool.fetch(SEED[seed], board(), *more))  # noqa: B023
        _print(name, found, f"{literal.p50:.2f}")
    _print(
        "search_dashboards, one word",
        await timed(lambda: queries.search_dashboards(user(), chance.choice(WORDS))),
        "",
    )


async def _side_by_side(stores: PostgresStores, users: Sequence[UUID]) -> tuple[Times, Times]:
    """Both statements for the same users, turn by turn, prepared on one connection."""
    ours, seeds = [], []
    async with stores.pool.acquire() as connection:
        own = await connection.prepare(statements("queries")["user_dashboards"])
        seed = await connection.prepare(SEED["getUserDashboards"])
        for user_id in users:
            ours += (await timed(partial(own.fetch, user_id, None, None, None, 50), 20)).ms
            seeds += (await timed(partial(seed.fetch, user_id, 50, 0), 2)).ms
    return Times(sorted(ours)), Times(sorted(seeds))


def _from_start(queries: PostgresQueries) -> Callable[[UUID], Awaitable[Any]]:
    return lambda dashboard_id: queries.operations_since(dashboard_id, 0)


async def timed(call: Call, calls: int = CALLS) -> Times:
    taken = []
    for _ in range(calls):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    return Times(sorted(taken))


def _print(name: str, times: Times, beside: str) -> None:
    late = "" if times.p50 <= GOAL_MS else "  TOO SLOW"
    print(f"{name:28} {times.p50:>9.2f} {times.p99:>9.2f}   {beside}{late}", flush=True)


async def _look_for_scans(stores: PostgresStores) -> None:
    """Of tables with more rows than one would read from end to end, for who shares the most."""
    rows = await stores.pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= 1000"
    )
    large = {row["relname"] for row in rows}
    busy: UUID = await stores.pool.fetchval(
        "SELECT user_id FROM dashboard_collaborators GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    (board, *_) = await stores.log.dashboard_ids()
    sql = statements("queries")
    scans = set()
    for query, *arguments in (
        (sql["user_dashboards"], busy, False, None, None, 51),
        (sql["search_dashboards"], busy, " or ".join(WORDS[:3]), False, None, None, 51),
        (sql["dashboard_with_widgets"], board),
        (sql["operations_since"], board, 0, 1_000),
        (sql["active_collaborators"], board, None, 51),
    ):
        for line in await stores.pool.fetch(f"EXPLAIN {query}", *arguments):
            scans |= large & set(re.findall(r"Seq Scan on (\w+)", line[0]))
    print(f"large tables read from end to end: {', '.join(sorted(scans)) or 'none'}")


if __name__ == "__main__":
    main()
