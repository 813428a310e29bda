"""Webhooks and an outbox under test, in memory or in PostgreSQL, and what was made in them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from storage.delivery_ports import (
    COMMITTED,
    ChangesDue,
    Outbox,
    OutboxEvent,
    Webhook,
    WebhookCreate,
    Webhooks,
)
from storage.memory_accounts import MemoryAccounts
from storage.memory_deliveries import MemoryDeliveries
from storage.memory_log import MemoryLog
from storage.ports import Accounts, DashboardCommit, OperationLog
from storage.postgres_outbox import PostgresOutbox
from storage.postgres_pool import PostgresStores
from storage.postgres_webhooks import PostgresWebhooks
from tests.storage.making import Place, commit_of, submission

SHARED: Final = "collaborator.invited"
PLENTY: Final = 10_000


@dataclass
class Post:
    """The stores, and the webhooks that were made here: those of other tests are left alone."""

    place: Place
    hooks: Webhooks
    outbox: Outbox
    made: list[Webhook] = field(default_factory=list)

    async def webhook(self, *topics: str) -> Webhook:
        """Not of all topics unless asked: to make a dashboard is an event as well."""
        asked = topics or (SHARED, COMMITTED)
        create = WebhookCreate("https://example.org/hook", "s3cret", asked)
        self.made.append(await self.hooks.create_webhook(create))
        return self.made[-1]

    def room(self, places: int = PLENTY) -> dict[UUID, int]:
        return {webhook.id: places for webhook in self.made}

    async def claim(self, lease_seconds: float = 60.0, places: int = PLENTY) -> list[OutboxEvent]:
        return list(await self.outbox.claim_events(self.room(places), lease_seconds))

    async def changes(
        self, *dashboard_ids: UUID, lease_seconds: float = 60.0, places: int = PLENTY
    ) -> list[ChangesDue]:
        room = self.room(places)
        return list(await self.outbox.claim_changes(dashboard_ids, room, lease_seconds))

    async def dead(self, limit: int = 200) -> list[OutboxEvent]:
        mine, found, after = self.room(), [], None
        while True:
            page = await self.outbox.dead_letters(after=after, limit=limit)
            found += [event for event in page.items if event.webhook_id in mine]
            if page.next_cursor is None:
                return found
            after = page.next_cursor

    async def committed(self, versions: int) -> UUID:
        """A dashboard with so many versions."""
        opened = await self.place.opened()
        if versions:
            every = map(submission, range(1, versions + 1))
            await self.place.log.commit([commit_of(opened, *every)])
        return opened.dashboard_id

    async def commit(self, dashboard_id: UUID, version: int) -> None:
        commit = DashboardCommit(dashboard_id, version - 1, 1, (submission(version),))
        assert await self.place.log.commit([commit]) == {dashboard_id}


def numbers(events: list[OutboxEvent]) -> list[int]:
    return [event.payload["number"] for event in events]


def memory_post() -> AbstractAsyncContextManager[Post]:
    log = MemoryLog()
    deliveries = MemoryDeliveries(log.tables)
    return _posted(log, MemoryAccounts(log.tables), deliveries, deliveries)


def postgres_post(stores: PostgresStores) -> AbstractAsyncContextManager[Post]:
    hooks, outbox = PostgresWebhooks(stores.pool), PostgresOutbox(stores.pool)
    return _posted(stores.log, stores.accounts, hooks, outbox)


@asynccontextmanager
async def _posted(
    log: OperationLog, accounts: Accounts, hooks: Webhooks, outbox: Outbox
) -> AsyncIterator[Post]:
    name = str(uuid4())
    place = Place(log, accounts, await accounts.create_user(f"{name}@example.org", name))
    post = Post(place, hooks, outbox)
    yield post
    for webhook in post.made:
        await post.hooks.delete_webhook(webhook.id)
