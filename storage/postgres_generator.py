"""Fills a migrated database with made-up rows: COPY, table by table, telling how far it is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeAlias

from storage.generator import COLUMNS, Generator, Row
from storage.postgres_connection import Connection, storage_errors

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""(table, rows so far, rows in all, if it is known)"""

PROGRESS_EVERY_ROWS: Final = 1_000
PAST_PARTITIONS: Final = """
SELECT make_monthly_partition('operations', month)
FROM generate_series(
    date_trunc('month', $1::TIMESTAMPTZ AT TIME ZONE 'UTC'),
    now() AT TIME ZONE 'UTC',
    INTERVAL '1 month'
) AS month
"""


async def fill(
    connection: Connection, generator: Generator, since: datetime, progress: Progress
) -> None:
    """Copy all that the generator makes, from `since` on, and let PostgreSQL take stock of it.

    Raises WeftError storage_unavailable, migration_mismatch.
    """
    with storage_errors():
        await connection.execute(PAST_PARTITIONS, since)
        for table, columns in COLUMNS.items():
            rows = _told(table, generator, progress)
            await connection.copy_records_to_table(table, records=rows, columns=columns)
        for table in COLUMNS:
            await connection.execute(f"VACUUM ANALYZE {table}")


def _told(table: str, generator: Generator, progress: Progress) -> Iterator[Row]:
    done, total = 0, generator.count(table)
    for row in generator.rows(table):
        yield row
        done += 1
        if done % PROGRESS_EVERY_ROWS == 0:
            progress(table, done, total)
    progress(table, done, total or done)
