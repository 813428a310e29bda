"""The schema, step by step: `storage/migrations/*.sql`, in the order of their names.

Each runs once, in a transaction of its own together with its record in `schema_migrations`. An
advisory lock lets one process migrate at a time. A file that has changed after it was applied is
refused: the database is then not what the code believes it to be.

The release before goes on writing meanwhile (see postgres_table_lock).
"""

import hashlib
import time
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from storage.postgres_connection import Connection, connect, storage_errors
from storage.postgres_table_lock import briefly
from weft.errors import WeftError

LOCK_KEY: Final = 0x57454654  # "WEFT", so as not to meet another program's advisory locks

RECORDS: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version VARCHAR(255) PRIMARY KEY,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    checksum VARCHAR(64) NOT NULL,
    execution_time_ms INTEGER NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """`version` is the file's name without `.sql`."""

    version: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """Those that this release carries, in order."""
    found = [
        Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in files("storage").joinpath("migrations").iterdir()
        if file.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda migration: migration.version))


async def migrate(url: str, wanted: tuple[Migration, ...] | None = None) -> tuple[str, ...]:
    """Apply what is missing and return its versions. Safe to call from many processes at once.

    Raises WeftError migration_mismatch, storage_unavailable.
    """
    wanted = migrations() if wanted is None else wanted
    connection = await connect(url)
    try:
        with storage_errors():
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
            await connection.execute(RECORDS)
            missing = _missing(wanted, await _applied(connection))
            for migration in missing:
                await _apply(connection, migration)
        return tuple(migration.version for migration in missing)
    finally:
        await connection.close()  # and with it the lock


async def pending(url: str, wanted: tuple[Migration, ...] | None = None) -> tuple[str, ...]:
    """The versions that `migrate` would apply. Raises as it does, and changes nothing."""
    wanted = migrations() if wanted is None else wanted
    connection = await connect(url)
    try:
        with storage_errors():
            known = await connection.fetchval("SELECT to_regclass('schema_migrations')::TEXT")
            applied = await _applied(connection) if known else {}
        return tuple(migration.version for migration in _missing(wanted, applied))
    finally:
        await connection.close()


async def _applied(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch("SELECT version, checksum FROM schema_migrations")
    return {row["version"]: row["checksum"] for row in rows}


def _missing(wanted: tuple[Migration, ...], applied: dict[str, str]) -> list[Migration]:
    for migration in wanted:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise WeftError(
                "migration_mismatch",
                f"{migration.version} has changed since it was applied",
                version=migration.version,
            )
    return [migration for migration in wanted if migration.version not in applied]


async def _apply(connection: Connection, migration: Migration) -> None:
    async def run() -> None:
        began = time.monotonic()
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO schema_migrations (version, checksum, execution_time_ms) "
            "VALUES ($1, $2, $3)",
            migration.version,
            migration.checksum,
            round((time.monotonic() - began) * 1000),
        )

    await briefly(connection, run)
