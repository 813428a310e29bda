"""Webhooks of a host product, and deliverers as of another gateway, for the tests of both."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from gateway.delivery import DeliveryRules
from gateway.delivery_loop import DeliveryLoop
from gateway.http_delivery import WebhookPoster
from tests.gateway.http_world import HttpWorld, Person, all_of
from tests.gateway.webhook_receiver import Received, Receiver
from weft.models import (
    Dashboard,
    DashboardPatch,
    Delivery,
    IssuedWebhook,
    WebhookOrder,
    parse_network,
)

RULES = DeliveryRules(
    networks=(parse_network("127.0.0.0/8"),),
    retry_first_seconds=0.01,
    retry_max_seconds=0.02,
    look_seconds=0.02,
    sweep_seconds=0.05,
)


@asynccontextmanager
async def delivering(api: HttpWorld, rules: DeliveryRules = RULES) -> AsyncIterator[DeliveryLoop]:
    """A deliverer as of another gateway: nobody tells it of commits, so that it has to look."""
    poster = WebhookPoster(rules)
    loop = DeliveryLoop(api.stores, poster, rules)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await poster.close()


@asynccontextmanager
async def webhook(api: HttpWorld, url: str, *topics: str) -> AsyncIterator[IssuedWebhook]:
    made = await api.host.webhooks.create(WebhookOrder(url=url, topics=topics or ("*",)))
    yield made
    await api.host.webhooks.delete(made.id)


async def edited(person: Person, dashboard: Dashboard, times: int) -> None:
    for number in range(times):
        await person.api.dashboards.change(dashboard.id, titled(f"Sales {number}"))


def titled(title: str) -> DashboardPatch:
    return DashboardPatch(title=title)


def versions(receiver: Receiver, dashboard_id: UUID) -> list[int]:
    return [
        submission["version"]
        for each in receiver.taken
        if each.message.get("dashboardId") == str(dashboard_id)
        and each.message["topic"] == "dashboard.committed"
        for submission in each.message["data"]["submissions"]
    ]


def created_in(receiver: Receiver) -> list[Received]:
    return [each for each in receiver.taken if each.message["topic"] == "dashboard.created"]


async def until_dead(api: HttpWorld, webhook_id: UUID, given_up: set[str | int]) -> list[Delivery]:
    """The dead letters, when all of `given_up` is in them: versions, and topics of the rest."""

    def told(letter: Delivery) -> Iterable[str | int]:
        if letter.topic != "dashboard.committed":
            return [letter.topic]
        return range(letter.data["fromVersion"], letter.data["toVersion"] + 1)

    async with asyncio.timeout(60):
        while True:
            found = await all_of(api.host.webhooks.deliveries(webhook_id))
            dead = [each for each in found if each.state == "dead"]
            if {each for letter in dead for each in told(letter)} == given_up:
                return dead
            await asyncio.sleep(0.02)
