"""What the bare group commit takes while the system is at work: the same statement, on a connection
and a dashboard of its own, now and then. Nothing of the editing path is in it.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from uuid import uuid4

from benchmarks.commit import commit_of
from storage.postgres_pool import connect

EVERY_SECONDS = 0.05


async def commit_beside(url: str, sizes: Sequence[int], after_seconds: float) -> dict[int, float]:
    """Until cancelled: then the median in ms of the commits of each size, in turn, that began
    `after_seconds` from now or later.
    """
    took_ms: dict[int, list[float]] = {size: [] for size in sizes}
    stores = await connect(url)
    try:
        name = str(uuid4())
        user_id = await stores.accounts.create_user(f"{name}@example.org", name)
        dashboard_id = await stores.accounts.create_dashboard(user_id, "probe")
        await stores.log.open_dashboard(dashboard_id)
        version = 0
        await asyncio.sleep(after_seconds)
        while True:
            for size in sizes:
                commit = commit_of(dashboard_id, user_id, version, size)
                began = time.perf_counter()
                assert await stores.log.commit([commit])
                took_ms[size].append((time.perf_counter() - began) * 1000)
                version += size
                await asyncio.sleep(EVERY_SECONDS)
    except asyncio.CancelledError:
        return {size: statistics.median(took) for size, took in took_ms.items() if took}
    finally:
        await stores.close()
