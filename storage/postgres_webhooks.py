"""Webhooks in PostgreSQL: who is told, and from which version of each dashboard on."""

from uuid import UUID

from storage.delivery_ports import Webhook, WebhookCreate
from storage.delivery_rows import check_webhook, webhook_from
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements


class PostgresWebhooks:
    """The port `Webhooks`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("deliveries")

    async def create_webhook(self, webhook: WebhookCreate) -> Webhook:
        check_webhook(webhook)
        with storage_errors():
            (row,) = await self._pool.fetch(
                self._sql["create_webhook"], webhook.url, webhook.secret, list(webhook.topics)
            )
        return webhook_from(row)

    async def webhooks(self) -> tuple[Webhook, ...]:
        with storage_errors():
            return tuple(map(webhook_from, await self._pool.fetch(self._sql["webhooks"])))

    async def set_webhook_active(self, webhook_id: UUID, *, is_active: bool) -> bool:
        with storage_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                was = await connection.fetchval(self._sql["webhook_was_active"], webhook_id)
                if was is None:
                    return False
                if was != is_active:
                    await connection.execute(self._sql["set_webhook_active"], webhook_id, is_active)
                    turn = "begin_here" if is_active else "forget_waiting"
                    await connection.execute(self._sql[turn], webhook_id)
        return True

    async def delete_webhook(self, webhook_id: UUID) -> bool:
        with storage_errors():
            deleted = await self._pool.fetchval(self._sql["delete_webhook"], webhook_id)
        return deleted is not None
