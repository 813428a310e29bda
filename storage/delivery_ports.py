"""What reaches the host product after a change: webhooks, the outbox, and answers kept for a retry.

Committed operations need no outbox, for the log is one: each webhook has a cursor in the log of
each dashboard. Everything else (sharing, sessions, administration) becomes a row of the outbox in
the transaction of the change, one for each webhook that asks for its topic. Delivery is at least
once, with ids; in order within a lane (one webhook, one dashboard); given up only by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from storage.query_ports import AuditEntry, Page
from weft.limits import OUTBOX_LEASE_SECONDS, PAGE_DEFAULT_ITEMS

COMMITTED: Final = "dashboard.committed"  # the topic of the log's cursors
ALL_TOPICS: Final = "*"


@dataclass(frozen=True, slots=True)
class WebhookCreate:
    """`topics`: names such as `dashboard.committed`, or `*` for all."""

    url: str
    secret: str  # signs what is sent, so it is kept as it is: show it to nobody
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Webhook:
    id: UUID
    url: str
    secret: str
    topics: tuple[str, ...]
    is_active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One event on its way to one webhook. `event_id` is the same for all webhooks that get it."""

    id: int
    event_id: UUID
    webhook_id: UUID
    topic: str
    dashboard_id: UUID | None
    payload: Mapping[str, Any]
    created_at: datetime
    attempts: int  # this one included
    last_error: str | None = None
    died_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangesDue:
    """A dashboard whose log has versions that a webhook has not been given yet."""

    webhook_id: UUID
    dashboard_id: UUID
    after_version: int
    head_version: int
    attempts: int  # this one included


class Webhooks(Protocol):
    """`entry` is told in the transaction of the change, if there was one."""

    async def create_webhook(
        self,
        webhook: WebhookCreate,
        webhook_id: UUID | None = None,
        entry: AuditEntry | None = None,
    ) -> Webhook:
        """It begins with what happens from now on. Without an id one is drawn."""

    async def webhooks(self) -> tuple[Webhook, ...]:
        """In the order they were made."""

    async def webhook(self, webhook_id: UUID) -> Webhook | None: ...

    async def set_webhook_active(
        self, webhook_id: UUID, *, is_active: bool, entry: AuditEntry | None = None
    ) -> bool:
        """An inactive one is sent nothing and nothing is kept for it; active again, it begins with
        what happens from then on. False: no such webhook.
        """

    async def delete_webhook(self, webhook_id: UUID, entry: AuditEntry | None = None) -> bool:
        """With all that waits for it."""


class Outbox(Protocol):
    """To write in the transaction of the change itself: postgres_outbox.record_event.

    A failure told late, when somebody else has been given the same again, changes nothing.
    """

    async def record(
        self, topic: str, payload: Mapping[str, Any], dashboard_id: UUID | None = None
    ) -> None:
        """Raises WeftError limit_exceeded, unstorable_text."""

    async def claim_events(
        self, room: Mapping[UUID, int], lease_seconds: float = OUTBOX_LEASE_SECONDS
    ) -> tuple[OutboxEvent, ...]:
        """Of each lane the oldest that waits, if it is due; nobody else is given it for so long.
        `room`: of each webhook at most so many, the oldest first; of those not named, none.
        """

    async def delivered(self, event: OutboxEvent) -> None: ...

    async def failed(
        self, event: OutboxEvent, error: str, retry_after_seconds: float | None
    ) -> None:
        """None: never again. The event becomes a dead letter and its lane goes on."""

    async def claim_changes(
        self,
        dashboard_ids: Sequence[UUID],
        room: Mapping[UUID, int],
        lease_seconds: float = OUTBOX_LEASE_SECONDS,
    ) -> tuple[ChangesDue, ...]:
        """Of these dashboards, which have been committed to, those whose log is ahead of an active
        webhook that asks for COMMITTED; nobody else is given them for so long. `room`: of each
        webhook at most so many, the dashboards named first; of those not named, none.
        """

    async def dashboards_behind(self, after: UUID | None, limit: int) -> tuple[UUID, ...]:
        """Those that `claim_changes` would answer with, by id, after `after`. Looks at every
        dashboard: now and then, for what nobody told of because the process that knew is gone.
        """

    async def changes_delivered(self, due: ChangesDue, up_to_version: int) -> None: ...

    async def changes_failed(
        self, due: ChangesDue, error: str, retry_after_seconds: float | None
    ) -> None:
        """None: never again. What was due becomes a dead letter, topic COMMITTED, payload
        {fromVersion, toVersion}, and the cursor moves to `head_version`.
        """

    async def dead_letters(
        self, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[OutboxEvent]:
        """Newest first."""

    async def deliveries(
        self, webhook_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[OutboxEvent]:
        """Of one webhook: what waits, what was delivered of late, what is dead. Newest first."""

    async def revive(
        self, outbox_id: int, webhook_id: UUID | None = None, entry: AuditEntry | None = None
    ) -> bool:
        """A dead letter (of this webhook) is tried again at once, its attempts counted anew.
        False: it is not dead. `entry` is recorded with the change, or not at all.
        """

    async def purge_delivered(self, older_than_seconds: float) -> int:
        """How many were forgotten."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request was answered the first time."""

    status: int
    response: Any  # JSON


class IdempotencyKeys(Protocol):
    """An HTTP write that is sent again is answered again, not done again."""

    async def claim(
        self, actor: str, key: str, fingerprint: bytes, lease_seconds: float
    ) -> StoredAnswer | None:
        """None: do it, then `complete`. Who crashes in between frees the key after the lease.

        Raises WeftError `id_reused` (the key came with another request), `in_flight` (the first
        one has not been answered yet), `limit_exceeded`, `unstorable_text`.
        """

    async def complete(
        self, actor: str, key: str, fingerprint: bytes, answer: StoredAnswer, ttl_seconds: float
    ) -> None:
        """Never keep an answer that holds a token: release the key instead. Nothing happens when
        the lease was over and the key is another request's by now.
        """

    async def release(self, actor: str, key: str, fingerprint: bytes) -> None:
        """It was not done: the next one with this key may."""

    async def purge_expired(self) -> int: ...
