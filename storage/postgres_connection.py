"""How Weft connects to PostgreSQL, and what an outage is called.

Law 2, durable first: a connection whose `synchronous_commit` does not wait for the disk is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from storage.rows import decode_json, encode_json
from weft.errors import WeftError
from weft.limits import ROW_LOCK_TIMEOUT_SECONDS, STORAGE_TIMEOUT_SECONDS

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
PooledConnection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
AnyConnection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
)
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

DURABLE: Final = ("on", "remote_apply")  # every other setting returns before the disk has it
SETTINGS: Final = {"application_name": "weft", "jit": "off"}
# Nobody holds a row for long. Waiting for one that somebody does must not keep a connection.
ROW_LOCKS: Final = {"lock_timeout": f"{ROW_LOCK_TIMEOUT_SECONDS}s"}

# What may pass by itself: connections lost or refused, shutdown, full disk, locks, deadlocks.
OUTAGES: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
)
# A new connection is refused: a password that has changed, a database that was renamed.
REFUSED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
WITHOUT_SCHEMA: Final = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Say by code what PostgreSQL cannot do now; every other error passes unchanged."""
    try:
        yield
    except (*OUTAGES, *REFUSED) as error:
        raise WeftError("storage_unavailable", cause=type(error).__name__) from error
    except WITHOUT_SCHEMA as error:
        raise WeftError("migration_mismatch", "Run `weft migrate` first.") from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # an argument of ours, not the connection
            raise
        raise WeftError("storage_unavailable", cause=type(error).__name__) from error


@contextmanager
def _first_connection() -> Iterator[None]:
    """What is wrong with the URL is said, and is no outage. The URL holds a password: not shown."""
    with storage_errors():
        try:
            yield
        except REFUSED as error:
            raise WeftError("misconfigured", f"PostgreSQL refuses us: {error}") from None
        except (asyncpg.ClientConfigurationError, ValueError):
            message = "The URL of PostgreSQL cannot be used: look at its host, port and parameters."
            raise WeftError("misconfigured", message) from None


async def connect(url: str, settings: dict[str, str] | None = None) -> Connection:
    """One connection, outside the pool. Raises WeftError storage_unavailable, misconfigured."""
    with _first_connection():
        connection = await asyncpg.connect(
            url,
            server_settings={**SETTINGS, **(settings or {})},
            timeout=STORAGE_TIMEOUT_SECONDS,
        )
        try:
            await prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


async def create_pool(url: str, max_size: int) -> Pool:
    """Connections for everything but the commit. Raises as `connect` does."""
    with _first_connection():
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=max_size,
            init=_prepare_for_reading,
            reset=_leave_as_it_is,
            server_settings={**SETTINGS, **ROW_LOCKS},
            timeout=STORAGE_TIMEOUT_SECONDS,
            command_timeout=STORAGE_TIMEOUT_SECONDS,
        )


async def prepare(connection: Connection) -> None:
    """Read and write jsonb as values, and make sure that a commit means durable."""
    setting = await connection.fetchval("SHOW synchronous_commit")
    if setting not in DURABLE:
        raise WeftError("misconfigured", f"synchronous_commit is {setting}; it must be on")
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + encode_json(value),
        decoder=lambda raw: decode_json(raw[1:]),
    )


async def _leave_as_it_is(_: object) -> None:
    """Who gives a connection back has set nothing for its session, and asyncpg rolls back an open
    transaction in any case. To reset it all would cost every statement a second round trip.
    """


@lru_cache(16_384)
def _plain_uuid(raw: bytes) -> UUID:
    """A page of the log names few people a thousand times: to look one up takes a twentieth."""
    return UUID(bytes=raw)


async def _prepare_for_reading(connection: Connection) -> None:
    """Also hand out plain UUIDs: asyncpg's own kind is one that orjson does not know."""
    await prepare(connection)
    await connection.set_type_codec(
        "uuid",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: value.bytes,
        decoder=_plain_uuid,
    )
