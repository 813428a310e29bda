"""A place with people, dashboards and a trail, in memory or in PostgreSQL: tests of identity."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from storage.delivery_ports import OutboxEvent, Webhook, WebhookCreate
from storage.identity_ports import HOST, Actor, IdentityStores
from storage.memory_identity import MemoryIdentity
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from storage.postgres_audit import PostgresAudit
from storage.postgres_outbox import PostgresOutbox
from storage.postgres_templates import PostgresTemplates
from storage.postgres_webhooks import PostgresWebhooks
from storage.query_ports import AuditFilter
from weft.errors import WeftError
from weft.models import (
    AuditLog,
    Collaborator,
    CollaboratorInvite,
    Dashboard,
    DashboardCreate,
    Permission,
    Session,
    SessionCreate,
    User,
    UserCreate,
)
from weft.models.permission import CollaboratorRole

ADDRESS = ip_address("203.0.113.7")


def by(user: User) -> Actor:
    return Actor(user.id, ADDRESS, "Mozilla/5.0")


def grant(action: Any, resource: Any, **conditions: Any) -> Permission:
    return Permission.from_wire(
        {"action": action, "resource": resource}
        | ({"conditions": conditions} if conditions else {})
    )


@dataclass
class House:
    stores: IdentityStores
    log: Any
    audit: Any
    outbox: Any
    webhooks: Any
    templates: Any
    made: list[Webhook] = field(default_factory=list)

    async def person(self, **fields: Any) -> User:
        name = str(uuid4())
        wanted = {"email": f"{name}@example.org", "username": name, **fields}
        return await self.stores.users.create_user(UserCreate(**wanted), HOST)

    async def board(self, owner: User, **fields: Any) -> Dashboard:
        wanted = DashboardCreate(**{"title": "Sales", **fields})
        return await self.stores.dashboards.create_dashboard(owner.id, wanted, HOST)

    async def member(
        self, board: Dashboard, role: CollaboratorRole, *permissions: Permission
    ) -> User:
        user = await self.person()
        await self.stores.sharing.share(
            board.id, CollaboratorInvite(user_id=user.id, role=role, permissions=permissions), HOST
        )
        return user

    async def session(self, user: User, **fields: Any) -> tuple[Session, str]:
        token_hash = str(uuid4())
        wanted = SessionCreate(user_id=user.id, **fields)
        return await self.stores.sessions.open_session(wanted, token_hash, HOST), token_hash

    async def membership(self, board: Dashboard, user: User) -> Collaborator:
        found = await self.stores.sharing.collaborator(board.id, user.id)
        assert found is not None
        return found

    async def trail(self, entity_id: UUID, **wanted: Any) -> list[AuditLog]:
        """Oldest first."""
        page = await self.audit.entries(AuditFilter(entity_id=entity_id, **wanted))
        return list(reversed(page.items))

    async def listen(self, *topics: str) -> Webhook:
        webhook = await self.webhooks.create_webhook(
            WebhookCreate("https://example.org/hook", "secret", topics or ("*",))
        )
        self.made.append(webhook)
        return webhook

    async def heard(self, webhook: Webhook) -> list[OutboxEvent]:
        """All that waits for it, in order; delivered with this."""
        found: list[OutboxEvent] = []
        while claimed := await self.outbox.claim_events({webhook.id: 1_000}):
            for event in claimed:
                await self.outbox.delivered(event)
            found += claimed
        return sorted(found, key=lambda event: event.id)

    async def tidy(self) -> None:
        for webhook in self.made:
            await self.webhooks.delete_webhook(webhook.id)


def memory_house() -> House:
    log = MemoryLog(MemoryTables(clock=count(1_700_000_000).__next__))  # no two at one time
    one = MemoryIdentity(log.tables)
    return House(one.stores, log, one.audit, one.outbox, one.outbox, one.templates)


def postgres_house(stores: Any) -> House:
    pool = stores.pool
    return House(
        stores.identity,
        stores.log,
        PostgresAudit(pool),
        PostgresOutbox(pool),
        PostgresWebhooks(pool),
        PostgresTemplates(pool),
    )


def refused(raised: pytest.ExceptionInfo[WeftError]) -> tuple[str, Any]:
    """The code, and for want of what."""
    return raised.value.code, raised.value.details.get("reason")
