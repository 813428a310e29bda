"""What the group commit costs: wall time, and CPU on both sides, against the number it commits.

One dashboard for each ten submissions, as under load; each submission is one typed character.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from benchmarks.scratch_postgres import with_postgres
from storage.ports import DashboardCommit, LoggedSubmission
from storage.postgres_pool import PostgresStores, connect

SIZES = (1, 16, 100, 1000)
SUBMISSIONS_PER_DASHBOARD = 10
SUBMISSIONS_PER_SIZE = 6_000
ROUNDS_MAX = 600
CLOCK_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    """Per statement: medians of wall time, means of CPU."""

    size: int
    wall_ms: float
    client_cpu_us: float
    backend_cpu_us: float

    def line(self) -> str:
        each = (self.client_cpu_us + self.backend_cpu_us) / self.size
        return (
            f"{self.size:>6} {self.wall_ms:>9.2f} {self.client_cpu_us:>11.0f}"
            f" {self.backend_cpu_us:>12.0f} {each:>13.1f} {self.size / self.wall_ms * 1000:>9.0f}"
        )


def main() -> None:
    print("group commit, one statement (PostgreSQL with fsync as it is configured)")
    print("  size   wall ms  client µs   backend µs  CPU µs each  per s")
    with_postgres(_run)


async def _run(url: str) -> None:
    stores = await connect(url)
    try:
        for size in SIZES:
            print((await measure(stores, size)).line())
    finally:
        await stores.close()


async def measure(stores: PostgresStores, size: int) -> Figures:
    """Commit `size` submissions a time, again and again."""
    accounts, log = stores.accounts, stores.log
    user_id = await accounts.create_user(f"{uuid4()}@example.org", str(uuid4()))
    count = -(-size // SUBMISSIONS_PER_DASHBOARD)
    ids = [await accounts.create_dashboard(user_id, "bench") for _ in range(count)]
    for dashboard_id in ids:
        await log.open_dashboard(dashboard_id)
    rounds = min(ROUNDS_MAX, SUBMISSIONS_PER_SIZE // size)
    pieces = [size // count + (index < size % count) for index in range(count)]
    batches = [
        [
            commit_of(dashboard_id, user_id, at * piece, piece)
            for dashboard_id, piece in zip(ids, pieces, strict=True)
        ]
        for at in range(rounds)
    ]
    await log.commit(batches[0])
    backend = await _backend(stores)
    walls, client_cpu, backend_cpu = [], time.process_time(), _cpu_seconds(backend)
    for batch in batches[1:]:
        began = time.perf_counter()
        committed = await log.commit(batch)
        walls.append(time.perf_counter() - began)
        assert len(committed) == count
    client_us = (time.process_time() - client_cpu) / len(walls) * 1e6
    backend_us = (_cpu_seconds(backend) - backend_cpu) / len(walls) * 1e6
    return Figures(size, sorted(walls)[len(walls) // 2] * 1000, client_us, backend_us)


def commit_of(dashboard_id: UUID, user_id: UUID, version: int, count: int) -> DashboardCommit:
    """`count` submissions above `version`."""
    replica_id = uuid4()
    edit = {
        "type": "insert",
        "targetId": "0c9f4a52-6a0e-4b6c-9b53-0f4f6f0e7f11",
        "path": ["config", "text"],
        "position": 1234,
        "value": "a",
    }
    submissions = tuple(
        LoggedSubmission(n, replica_id, n, user_id, n - 1, (edit,), bytes(16), 1_790_000_000_000)
        for n in range(version + 1, version + count + 1)
    )
    return DashboardCommit(dashboard_id, version, 1, submissions)


async def _backend(stores: PostgresStores) -> int:
    """Process id of the backend that commits."""
    query = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%WITH wanted AS%' AND pid <> "
    pid: int = await stores.pool.fetchval(query + "pg_backend_pid()")
    return pid


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process, on Linux; elsewhere 0."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * CLOCK_TICK_SECONDS


if __name__ == "__main__":
    main()
