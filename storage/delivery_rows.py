"""Between webhooks and the outbox and their columns; both twins go through here. Pure."""

from collections.abc import Mapping
from typing import Any

from storage.delivery_ports import ChangesDue, OutboxEvent, Webhook, WebhookCreate
from storage.rows import Row, check_text, encode_json
from weft.errors import WeftError
from weft.limits import (
    IDEMPOTENCY_KEY_MAX_CHARACTERS,
    OUTBOX_ERROR_MAX_CHARACTERS,
    TOPIC_MAX_CHARACTERS,
    URL_MAX_CHARACTERS,
    WEBHOOK_SECRET_MAX_CHARACTERS,
    WEBHOOK_TOPICS_MAX,
)


def check_webhook(webhook: WebhookCreate) -> None:
    """Raises WeftError limit_exceeded, unstorable_text."""
    check_text("url", webhook.url, URL_MAX_CHARACTERS)
    check_text("secret", webhook.secret, WEBHOOK_SECRET_MAX_CHARACTERS)
    if not 1 <= len(webhook.topics) <= WEBHOOK_TOPICS_MAX:
        raise WeftError("limit_exceeded", f"topics must be 1 to {WEBHOOK_TOPICS_MAX}")
    for topic in webhook.topics:
        check_text("topics", topic, TOPIC_MAX_CHARACTERS)


def check_event(topic: str, payload: Mapping[str, Any]) -> None:
    """Raises WeftError limit_exceeded, unstorable_text."""
    check_text("topic", topic, TOPIC_MAX_CHARACTERS)
    try:
        encode_json(payload)
    except ValueError as error:
        raise WeftError("unstorable_text", field="payload") from error


def check_key(actor: str, key: str) -> None:
    """Raises WeftError limit_exceeded, unstorable_text."""
    check_text("actor", actor, IDEMPOTENCY_KEY_MAX_CHARACTERS)
    check_text("key", key, IDEMPOTENCY_KEY_MAX_CHARACTERS)


def stored_error(error: str) -> str:
    """What a webhook answered, as far as a text column takes it."""
    clean = error.encode(errors="replace").decode().replace("\x00", "?")
    return clean[:OUTBOX_ERROR_MAX_CHARACTERS]


def webhook_from(row: Row) -> Webhook:
    return Webhook(
        row["id"],
        row["url"],
        row["secret"],
        tuple(row["topics"]),
        row["is_active"],
        row["created_at"],
    )


def event_from(row: Row) -> OutboxEvent:
    return OutboxEvent(
        row["id"],
        row["event_id"],
        row["webhook_id"],
        row["topic"],
        row["dashboard_id"],
        row["payload"],
        row["created_at"],
        row["attempts"],
        row["last_error"],
        row["died_at"],
        row["delivered_at"],
    )


def changes_from(row: Row) -> ChangesDue:
    return ChangesDue(
        row["webhook_id"],
        row["dashboard_id"],
        row["after_version"],
        row["head_version"],
        row["attempts"],
    )
