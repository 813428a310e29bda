"""Webhooks in the admin client: who is told, and what became of each delivery."""

from collections.abc import AsyncIterator
from uuid import UUID

from weft.client.admin_people import pages
from weft.client.http_admin_requests import AdminRequests
from weft.models import Delivery, IssuedWebhook, WebhookOrder, WebhookPatch, WebhookShown
from weft.wire.http import Listed

PATH = "/api/webhooks"


class AdminWebhooks:
    """With the admin key alone."""

    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def create(self, order: WebhookOrder) -> IssuedWebhook:
        """The only time that its secret is seen."""
        return IssuedWebhook.from_wire(await self._requests.write("POST", PATH, order))

    def all(self) -> AsyncIterator[WebhookShown]:
        return pages(self._requests, Listed[WebhookShown], PATH, {})

    async def read(self, webhook_id: UUID) -> WebhookShown:
        return await self._requests.get(WebhookShown, f"{PATH}/{webhook_id}")

    async def change(self, webhook_id: UUID, patch: WebhookPatch) -> WebhookShown:
        answer = await self._requests.write("PATCH", f"{PATH}/{webhook_id}", patch)
        return WebhookShown.from_wire(answer)

    async def delete(self, webhook_id: UUID) -> None:
        await self._requests.write("DELETE", f"{PATH}/{webhook_id}")

    def deliveries(self, webhook_id: UUID) -> AsyncIterator[Delivery]:
        """Newest first: what waits, what was delivered of late, what is dead."""
        path = f"{PATH}/{webhook_id}/deliveries"
        return pages(self._requests, Listed[Delivery], path, {})

    async def redeliver(self, webhook_id: UUID, delivery_id: int) -> None:
        """Raises WeftError not_found: it is not dead."""
        path = f"{PATH}/{webhook_id}/deliveries/{delivery_id}/redeliver"
        await self._requests.write("POST", path)
