"""Webhooks over HTTP, for the host product: who is told, and what became of each delivery."""

import secrets
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Request, Response

from gateway.access import Caller
from gateway.http_idempotency import holds_secret
from gateway.http_problems import documented, telling
from gateway.http_requests import WRITES, After, ApiRoute, CallerOf, Limit, Sent
from gateway.http_surroundings import HttpSurroundings
from storage.delivery_ports import Outbox, OutboxEvent, Webhook, WebhookCreate, Webhooks
from storage.query_ports import AuditEntry
from weft.errors import WeftError
from weft.limits import PAGE_DEFAULT_ITEMS, VERSION_MAX
from weft.models import Delivery, IssuedWebhook, WebhookOrder, WebhookPatch, WebhookShown
from weft.wire.http import Listed

SECRET_BYTES: Final = 32
READS: Final = documented()
CHANGES: Final = documented(writes=True)
WebhookId = Annotated[UUID, Path(alias="webhookId")]
DeliveryId = Annotated[int, Path(alias="deliveryId", ge=0, le=VERSION_MAX)]


def webhook_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=ApiRoute)
    _add_reading(router, around.stores.webhooks)
    _add_changes(router, around.stores.webhooks)
    _add_deliveries(router, around.stores.webhooks, around.stores.outbox)
    return router


def _add_reading(router: APIRouter, webhooks: Webhooks) -> None:
    @router.get("", responses=READS)
    async def list_webhooks(caller: CallerOf) -> Listed[WebhookShown]:
        """For the host product: all of them, in the order they were made."""
        caller.ask_host()
        return Listed[WebhookShown](items=tuple(map(_shown, await webhooks.webhooks())))

    @router.get("/{webhookId}", responses=READS)
    async def read_webhook(webhook_id: WebhookId, caller: CallerOf) -> WebhookShown:
        """For the host product."""
        return _shown(await _known(webhooks, caller, webhook_id))


def _add_changes(router: APIRouter, webhooks: Webhooks) -> None:
    @router.post("", status_code=201, responses=telling(CHANGES, 201, "Location"))
    async def create_webhook(
        order: Sent[WebhookOrder], caller: CallerOf, request: Request, response: Response
    ) -> IssuedWebhook:
        """For the host product: it is told of what happens from now on. The secret is told here and
        never again, so that an Idempotency-Key does nothing here.
        """
        holds_secret(request)
        caller.ask_host()
        create = WebhookCreate(order.url, secrets.token_urlsafe(SECRET_BYTES), order.topics)
        webhook_id = uuid4()
        entry = _entry("webhook.created", caller, webhook_id, new=order.to_wire())
        made = await webhooks.create_webhook(create, webhook_id, entry)
        response.headers["Location"] = f"/api/webhooks/{made.id}"
        return IssuedWebhook.model_construct(**dict(_shown(made)), secret=made.secret)

    @router.patch("/{webhookId}", responses=CHANGES, dependencies=WRITES)
    async def change_webhook(
        webhook_id: WebhookId, patch: Sent[WebhookPatch], caller: CallerOf
    ) -> WebhookShown:
        """For the host product. An inactive one is told nothing, and nothing is kept for it; active
        again, it is told of what happens from then on.
        """
        seen = await _known(webhooks, caller, webhook_id)
        if patch.is_active is not None:
            old, new = {"isActive": seen.is_active}, {"isActive": patch.is_active}
            action = "webhook.resumed" if patch.is_active else "webhook.paused"
            entry = _entry(action, caller, webhook_id, old, new)
            await webhooks.set_webhook_active(webhook_id, is_active=patch.is_active, entry=entry)
        return _shown(await _known(webhooks, caller, webhook_id))

    @router.delete("/{webhookId}", status_code=204, responses=CHANGES, dependencies=WRITES)
    async def delete_webhook(webhook_id: WebhookId, caller: CallerOf) -> None:
        """For the host product: with all that waits for it."""
        seen = await _known(webhooks, caller, webhook_id)
        old = {"url": seen.url, "topics": list(seen.topics)}
        entry = _entry("webhook.deleted", caller, webhook_id, old=old)
        if not await webhooks.delete_webhook(webhook_id, entry):
            raise _unknown()


def _add_deliveries(router: APIRouter, webhooks: Webhooks, outbox: Outbox) -> None:
    @router.get("/{webhookId}/deliveries", responses=READS)
    async def list_deliveries(
        webhook_id: WebhookId,
        caller: CallerOf,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[Delivery]:
        """For the host product, newest first: what waits, what was delivered within a week, what is
        dead. Committed changes are in the log, and stand here only when they are dead.
        """
        await _known(webhooks, caller, webhook_id)
        page = await outbox.deliveries(webhook_id, after=after, limit=limit)
        told = tuple(map(_delivery, page.items))
        return Listed[Delivery](items=told, next_cursor=page.next_cursor)

    @router.post(
        "/{webhookId}/deliveries/{deliveryId}/redeliver",
        status_code=204,
        responses=CHANGES,
        dependencies=WRITES,
    )
    async def redeliver(webhook_id: WebhookId, delivery_id: DeliveryId, caller: CallerOf) -> None:
        """For the host product: a dead delivery is tried again at once, from its first attempt."""
        await _known(webhooks, caller, webhook_id)
        told = {"deliveryId": delivery_id}
        entry = _entry("webhook.redelivered", caller, webhook_id, new=told)
        if not await outbox.revive(delivery_id, webhook_id, entry):
            raise WeftError("not_found", "No such dead delivery of this webhook.")


async def _known(webhooks: Webhooks, caller: Caller, webhook_id: UUID) -> Webhook:
    caller.ask_host()
    found = await webhooks.webhook(webhook_id)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> WeftError:
    return WeftError("not_found", "No such webhook.")


def _shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown.model_construct(
        id=webhook.id,
        url=webhook.url,
        topics=webhook.topics,
        is_active=webhook.is_active,
        created_at=webhook.created_at,
    )


def _delivery(event: OutboxEvent) -> Delivery:
    state = "dead" if event.died_at else "delivered" if event.delivered_at else "waiting"
    return Delivery.model_construct(
        id=event.id,
        event_id=event.event_id,
        topic=event.topic,
        state=state,
        dashboard_id=event.dashboard_id,
        data=dict(event.payload),
        created_at=event.created_at,
        attempts=event.attempts,
        last_error=event.last_error,
        delivered_at=event.delivered_at,
        died_at=event.died_at,
    )


def _entry(
    action: str,
    caller: Caller,
    webhook_id: UUID,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> AuditEntry:
    actor = caller.actor
    return AuditEntry(
        action,
        "webhook",
        webhook_id,
        old_values=old,
        new_values=new,
        ip_address=actor.address,
        user_agent=actor.user_agent,
    )
