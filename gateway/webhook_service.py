"""The part of a gateway that tells webhooks: its loop, and its way out."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from gateway.delivery import DeliveryRules
from gateway.delivery_loop import DeliveryLoop
from gateway.http_delivery import WebhookPoster
from gateway.http_surroundings import ApiStores
from storage.ending_loop import end


class WebhookService:
    """`start`, then `stop`."""

    def __init__(self, stores: ApiStores, rules: DeliveryRules) -> None:
        self._poster = WebhookPoster(rules)
        self._loop = DeliveryLoop(stores, self._poster, rules)
        self._task: asyncio.Task[None] | None = None

    @property
    def committed(self) -> Callable[[UUID], None]:
        return self._loop.committed

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop.run(), name="webhooks")

    async def stop(self) -> None:
        """What is under way is left to its lease."""
        if self._task is not None:
            await end(self._task)
        await self._poster.close()

    def outcomes(self) -> dict[str, int]:
        """Of all attempts since it was started."""
        loop = self._loop
        return {"delivered": loop.delivered, "failed": loop.failed, "dead": loop.dead}

    def counts(self) -> dict[str, int]:
        """Since it was started."""
        return {"webhooksDelivered": self._loop.delivered, "webhooksFailed": self._loop.failed}
