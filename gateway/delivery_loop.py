"""Webhooks are told: at least once, in order within a lane (one webhook, one dashboard), retried,
and given up only by name. Never on the editing path: nothing waits for this. Each webhook has
places of its own, so that nobody waits for one that hangs.

Every gateway runs one. What is to be done is claimed from PostgreSQL under a lease, so it does not
matter which one does it, and what was being done when a gateway died is claimed by another.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, Protocol
from uuid import UUID

from gateway.delivery import (
    DeliveryRules,
    Message,
    changes_message,
    event_message,
    places_each,
)
from gateway.http_surroundings import ApiStores
from storage.delivery_ports import COMMITTED, ChangesDue, OutboxEvent, Webhook
from storage.query_ports import OperationsPage
from weft.errors import WeftError
from weft.limits import WEBHOOK_LOOK_DASHBOARDS, WEBHOOK_SUBMISSIONS_MAX

log = logging.getLogger("weft.gateway.delivery")

SWEEP_PAGE: Final = 500  # dashboards


class Poster(Protocol):
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """None: it was taken."""


class DeliveryLoop:
    """`run` until cancelled; `committed` whenever a dashboard has been committed to."""

    def __init__(
        self,
        stores: ApiStores,
        poster: Poster,
        rules: DeliveryRules,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._hooks = stores.webhooks
        self._outbox = stores.outbox
        self._queries = stores.queries
        self._poster = poster
        self._rules = rules
        self._chance = chance
        self._webhooks: dict[UUID, Webhook] = {}
        self._touched: dict[UUID, None] = {}  # dashboards to look at, the longest waiting first
        self._left: dict[UUID, None] = {}  # those to look at again when a delivery has ended
        self._busy: Counter[UUID] = Counter()  # deliveries under way, by webhook
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._swept_at = float("-inf")
        self.delivered = 0
        self.failed = 0
        self.dead = 0  # given up

    def committed(self, dashboard_id: UUID) -> None:
        """Cheap, for it is called on every commit: what is due is looked for later."""
        if self._webhooks:
            self._touched[dashboard_id] = None
            self._wake.set()

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self._turn()
                except WeftError as error:
                    log.warning("deliveries wait: %s", error)
                except Exception:
                    log.exception("deliveries wait")
                await self._rest()
        finally:
            for task in self._tasks:
                task.cancel()

    async def _rest(self) -> None:
        """Until something is to be done, or it is time to look for what others have left."""
        try:
            async with asyncio.timeout(self._rules.look_seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _turn(self) -> None:
        """Begin whatever is due, as far as its webhook has room for it. Who finishes wakes us."""
        found = await self._hooks.webhooks()
        self._webhooks = {webhook.id: webhook for webhook in found if webhook.is_active}
        if not self._webhooks:
            self._touched.clear()
            self._left.clear()
            return
        await self._sweep()
        for event in await self._outbox.claim_events(self._room(), self._rules.lease_seconds):
            self._begin(event.webhook_id, self._deliver_event(event))
        await self._begin_changes()

    async def _begin_changes(self) -> None:
        dashboard_ids = list(self._touched)[:WEBHOOK_LOOK_DASHBOARDS]
        if not dashboard_ids:
            return
        for dashboard_id in dashboard_ids:
            del self._touched[dashboard_id]
        room = self._room()
        due = await self._outbox.claim_changes(dashboard_ids, room, self._rules.lease_seconds)
        for each in due:
            self._begin(each.webhook_id, self._deliver_changes(each))
        if min(room.values()) < len(dashboard_ids):  # of these something may be left
            self._left.update(dict.fromkeys(dashboard_ids))
        if self._touched:
            self._wake.set()

    def _room(self) -> dict[UUID, int]:
        """How many more deliveries of each webhook may begin."""
        places = places_each(len(self._webhooks))
        return {id_: max(0, places - self._busy[id_]) for id_ in self._webhooks}

    async def _sweep(self) -> None:
        """For changes of which nobody has told: the gateway that knew is gone, or they failed."""
        now = time.monotonic()
        if now - self._swept_at < self._rules.sweep_seconds:
            return
        self._swept_at = now
        after: UUID | None = None
        while page := await self._outbox.dashboards_behind(after, SWEEP_PAGE):
            self._touched.update(dict.fromkeys(page))
            after = page[-1]

    def _begin(self, webhook_id: UUID, delivery: Coroutine[Any, Any, None]) -> None:
        self._busy[webhook_id] += 1
        task = asyncio.create_task(delivery)
        self._tasks.add(task)

        def ended(_: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._busy[webhook_id] -= 1
            if not self._busy[webhook_id]:
                del self._busy[webhook_id]
            if not task.cancelled() and (error := task.exception()):
                log.warning("a delivery is left to its lease: %r", error)
            self._touched = self._left | self._touched
            self._left = {}
            self._wake.set()

        task.add_done_callback(ended)

    # --- one delivery ---------------------------------------------------------------------------

    async def _deliver_event(self, event: OutboxEvent) -> None:
        """A dead letter of committed changes that was revived names versions, to be read anew."""
        if event.topic == COMMITTED:
            failure = await self._redeliver_changes(event)
        else:
            failure = await self._post(event.webhook_id, event_message(event), event.attempts)
        if failure is None:
            await self._outbox.delivered(event)
        else:
            seconds = self._retry_after(event.attempts)
            await self._outbox.failed(event, failure, seconds)
            self.dead += seconds is None

    async def _redeliver_changes(self, event: OutboxEvent) -> str | None:
        assert event.dashboard_id is not None
        after, last = event.payload["fromVersion"] - 1, event.payload["toVersion"]
        while after < last:
            try:
                page = await self._read(event.dashboard_id, after)
            except WeftError as error:
                return _unreadable(error)
            if page is None:
                return None  # the dashboard is gone, and its log with it
            wanted = [each for each in page.submissions if each.version <= last]
            if not wanted:
                return None
            message = changes_message(event.dashboard_id, wanted, page.head_version)
            failure = await self._post(event.webhook_id, message, event.attempts)
            if failure is not None:
                return failure
            after = message.up_to_version
        return None

    async def _deliver_changes(self, due: ChangesDue) -> None:
        try:
            page = await self._read(due.dashboard_id, due.after_version)
        except WeftError as error:
            failure = _unreadable(error)
        else:
            if page is None or not page.submissions:
                return
            message = changes_message(due.dashboard_id, page.submissions, page.head_version)
            posted = await self._post(due.webhook_id, message, due.attempts)
            if posted is None:
                await self._outbox.changes_delivered(due, message.up_to_version)
                self.committed(due.dashboard_id)  # there may be more
                return
            failure = posted
        seconds = self._retry_after(due.attempts)
        await self._outbox.changes_failed(due, failure, seconds)
        self.dead += seconds is None
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self.committed, due.dashboard_id)

    async def _read(self, dashboard_id: UUID, after_version: int) -> OperationsPage | None:
        """What retention has taken is gone: it goes on where the log begins."""
        limit = WEBHOOK_SUBMISSIONS_MAX
        try:
            return await self._queries.operations_since(dashboard_id, after_version, limit)
        except WeftError as error:
            if error.code != "conflict":
                raise
            log.warning("dashboard %s: its log begins after what was due", dashboard_id)
            start = error.details["startVersion"]
            return await self._queries.operations_since(dashboard_id, start, limit)

    async def _post(self, webhook_id: UUID, message: Message, attempt: int) -> str | None:
        webhook = self._webhooks.get(webhook_id)
        if webhook is None:  # made, or active again, since the last look
            webhook = await self._hooks.webhook(webhook_id)
        if webhook is None or not webhook.is_active:
            return "The webhook is gone, or not active."
        headers = message.headers(webhook.secret, int(time.time()), attempt)
        failure = await self._poster.post(webhook.url, headers, message.body)
        if failure is None:
            self.delivered += 1
        else:
            self.failed += 1
            log.info("webhook %s, %s, attempt %d: %s", webhook_id, message.topic, attempt, failure)
        return failure

    def _retry_after(self, attempts: int) -> float | None:
        return self._rules.retry_after_seconds(attempts, self._chance())


def _unreadable(error: WeftError) -> str:
    """What a log that cannot be read fails with: it is given up like any other, and by name.
    Raises every other error.
    """
    if error.code != "unreadable":
        raise error
    return error.message
