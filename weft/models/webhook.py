"""Webhooks: to whom the host product is told what has happened, and what became of each delivery.

The topics are `dashboard.committed` and the names of the audit trail (`collaborator.invited`, …),
or `*` for all of them.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from weft.limits import TOPIC_MAX_CHARACTERS, WEBHOOK_TOPICS_MAX
from weft.models.field import Flag, Instant, Storable, Text, WebUrl, Whole
from weft.models.json_content import JsonObject
from weft.models.record import Kept, Patch, Record

Topic = Annotated[
    str,
    Field(strict=True, max_length=TOPIC_MAX_CHARACTERS, pattern=r"^(\*|[a-z_]+\.[a-z_]+)$"),
    Storable,
]
Topics = Annotated[tuple[Topic, ...], Field(min_length=1, max_length=WEBHOOK_TOPICS_MAX)]
DeliveryState = Literal["waiting", "delivered", "dead"]


class WebhookOrder(Record):
    url: WebUrl
    topics: Topics = ("*",)


class WebhookPatch(Patch):
    """An inactive one is told nothing, and nothing is kept for it."""

    is_active: Kept[Flag] = None


class WebhookShown(WebhookOrder):
    id: UUID
    is_active: Flag
    created_at: Instant


class IssuedWebhook(WebhookShown):
    """The only time the secret is seen: it signs what is sent, see `weft.wire.signature`."""

    secret: Text


class Delivery(Record):
    """One event on its way to one webhook. `eventId` is the same for all that are told of it.

    A dead one was given up; `lastError` says why, and it can be sent again.
    """

    id: Whole
    event_id: UUID
    topic: str
    state: DeliveryState
    dashboard_id: UUID | None = None
    data: JsonObject
    created_at: Instant
    attempts: Whole
    last_error: str | None = None
    delivered_at: Instant | None = None
    died_at: Instant | None = None
