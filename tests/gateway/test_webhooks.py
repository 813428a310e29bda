"""Webhooks end to end: made over HTTP, told to a real receiver by the gateway's own loop."""

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.service import GatewayService
from storage.postgres_pool import PostgresStores
from tests.gateway.http_world import HttpWorld, all_of
from tests.gateway.webhook_receiver import Receiver
from tests.gateway.webhook_world import (
    RULES,
    created_in,
    delivering,
    edited,
    titled,
    versions,
    webhook,
)
from weft.wire.http import DashboardOrder
from weft.wire.signature import verify

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("no_other_webhooks")]


async def test_what_is_committed_comes_signed_in_order_and_whole(
    api: HttpWorld, receiver: Receiver
) -> None:
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed") as made, delivering(api):
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 6)
        await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [6])
        assert versions(receiver, dashboard.id) == [1, 2, 3, 4, 5, 6]
        first = receiver.taken[0]
        verify(made.secret, first.body, first.headers["weft-signature"], time.time())
        assert first.headers["weft-topic"] == "dashboard.committed"
        assert first.headers["weft-id"] == first.message["id"]
        told = first.message["data"]["submissions"][0]
        assert (told["userId"], told["version"]) == (str(ann.id), 1)
        assert told["operations"][0]["value"] == "Sales 0"


async def test_what_retention_took_before_it_was_told_is_passed_over_and_the_rest_is_told(
    api: HttpWorld, receiver: Receiver, postgres_stores: PostgresStores
) -> None:
    """A receiver that was away for months. The log says where it begins, and nothing is dead."""
    ann = await api.person()
    async with webhook(api, receiver.url, "dashboard.committed") as made:
        dashboard = await api.dashboard(ann)
        await edited(ann, dashboard, 5)
        pool = postgres_stores.pool
        begin = "UPDATE dashboards SET log_start_version = 3 WHERE id = $1"
        await pool.execute(begin, dashboard.id)
        gone = "DELETE FROM operations WHERE dashboard_id = $1 AND version <= 3"
        await pool.execute(gone, dashboard.id)
        async with delivering(api):
            await receiver.until(lambda: versions(receiver, dashboard.id)[-1:] == [5])
        assert versions(receiver, dashboard.id) == [4, 5]
        assert await all_of(api.host.webhooks.deliveries(made.id)) == []
    await api.host.dashboards.delete(dashboard.id)  # the verifier would miss its beginning


async def test_sharing_and_sessions_are_told_in_order_of_each_dashboard(
    api: HttpWorld, receiver: Receiver
) -> None:
    ann = await api.person()
    topics = ("dashboard.created", "collaborator.added", "collaborator.removed", "session.opened")
    async with webhook(api, receiver.url, *topics), delivering(api):
        dashboard = await api.dashboard(ann)
        bob = await api.member(dashboard, "editor")
        await api.host.collaborators.remove(dashboard.id, bob.id)

        def told() -> list[str]:
            mine = (each.message for each in receiver.taken)
            return [each["topic"] for each in mine if each.get("dashboardId") == str(dashboard.id)]

        await receiver.until(lambda: len(told()) == 3)
        assert told() == ["dashboard.created", "collaborator.added", "collaborator.removed"]
        sessions = [e.message for e in receiver.taken if e.message["topic"] == "session.opened"]
        assert str(bob.id) in {each["data"]["newValues"]["userId"] for each in sessions}
        assert b"token" not in b"".join(each.body for each in receiver.taken)


async def test_a_gateway_tells_of_what_is_committed_through_it(
    api: HttpWorld, receiver: Receiver
) -> None:
    """Without looking for it: the sweep is an hour away."""
    rules = replace(RULES, sweep_seconds=3_600)
    settings = replace(api.service.settings, gateway_id="gateway-2", deliveries=rules)
    sessions = api.stores.identity.sessions
    service = GatewayService(settings, sessions, api.directory, api.stores)
    await service.start()
    try:
        ann = await api.person()
        through = api.client_of(service, ann.token)
        async with webhook(api, receiver.url, "dashboard.committed", "dashboard.created"):
            dashboard = await through.dashboards.create(DashboardOrder(title="Sales"))
            await receiver.until(lambda: bool(created_in(receiver)))  # so it knows the webhook
            await through.dashboards.change(dashboard.id, titled("Costs"))
            await receiver.until(lambda: versions(receiver, dashboard.id) == [1])
            async with asyncio.timeout(60):  # counted when the answer is back, after it was taken
                while service.status()["webhooksDelivered"] != 2:  # noqa: ASYNC110  (nobody tells us)
                    await asyncio.sleep(0.02)
    finally:
        await service.stop()
