"""A PostgreSQL of its own for one measurement: migrated, and gone afterwards."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from storage.embedded_postgres import EmbeddedPostgres
from storage.postgres_migrations import migrate


def with_postgres(measure: Callable[[str], Awaitable[None]]) -> None:
    """`measure` is given its URL."""

    async def run(url: str) -> None:
        await migrate(url)
        await measure(url)

    with tempfile.TemporaryDirectory(prefix="weft-bench-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres")
        url = server.start()
        try:
            asyncio.run(run(url))
        finally:
            server.stop()
