"""Webhooks in PostgreSQL: who is told, and from which version of each dashboard on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from storage.delivery_ports import Webhook, WebhookCreate
from storage.delivery_rows import check_webhook, webhook_from
from storage.postgres_audit import record_audit
from storage.postgres_connection import AnyConnection, Pool, storage_errors
from storage.postgres_statements import statements
from storage.query_ports import AuditEntry


class PostgresWebhooks:
    """The port `Webhooks`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("deliveries")

    async def create_webhook(
        self,
        webhook: WebhookCreate,
        webhook_id: UUID | None = None,
        entry: AuditEntry | None = None,
    ) -> Webhook:
        check_webhook(webhook)
        async with self._change() as connection:
            (row,) = await connection.fetch(
                self._sql["create_webhook"],
                webhook.url,
                webhook.secret,
                list(webhook.topics),
                webhook_id,
            )
            await _record(connection, entry)
        return webhook_from(row)

    async def webhooks(self) -> tuple[Webhook, ...]:
        with storage_errors():
            return tuple(map(webhook_from, await self._pool.fetch(self._sql["webhooks"])))

    async def webhook(self, webhook_id: UUID) -> Webhook | None:
        with storage_errors():
            row = await self._pool.fetchrow(self._sql["webhook"], webhook_id)
        return webhook_from(row) if row else None

    async def set_webhook_active(
        self, webhook_id: UUID, *, is_active: bool, entry: AuditEntry | None = None
    ) -> bool:
        async with self._change() as connection:
            was = await connection.fetchval(self._sql["webhook_was_active"], webhook_id)
            if was is None:
                return False
            if was != is_active:
                await connection.execute(self._sql["set_webhook_active"], webhook_id, is_active)
                turn = "begin_here" if is_active else "forget_waiting"
                await connection.execute(self._sql[turn], webhook_id)
                await _record(connection, entry)
        return True

    async def delete_webhook(self, webhook_id: UUID, entry: AuditEntry | None = None) -> bool:
        async with self._change() as connection:
            deleted = await connection.fetchval(self._sql["delete_webhook"], webhook_id)
            if deleted is not None:
                await _record(connection, entry)
        return deleted is not None

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[AnyConnection]:
        with storage_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection


async def _record(connection: AnyConnection, entry: AuditEntry | None) -> None:
    if entry is not None:
        await record_audit(connection, entry)
