"""Law 7: a webhook leads nowhere inside, is the host product's alone, and keeps its secret."""

from dataclasses import replace

import pytest

from gateway.http_delivery import WebhookPoster
from tests.gateway.http_world import HttpWorld, all_of, refused
from tests.gateway.webhook_receiver import Receiver
from tests.gateway.webhook_world import RULES
from weft.models import WebhookOrder, WebhookPatch, parse_network

pytestmark = pytest.mark.store


@pytest.mark.parametrize(
    ("networks", "url", "said"),
    [
        ((), "", "not of the public internet"),
        ((), "http://localhost:1/", "not of the public internet"),
        ((), "http://[::1]:1/", "not of the public internet"),
        ((), "http://0x7f.1:1/", "not of the public internet"),
        (("127.0.0.0/8",), "http://127.0.0.1:1/", "ConnectError"),
        ((), "http://no-such-host.invalid/", "gaierror"),
    ],
)
async def test_law7_a_webhook_that_leads_inside_or_nowhere_is_told_nothing(
    receiver: Receiver, networks: tuple[str, ...], url: str, said: str
) -> None:
    rules = replace(RULES, networks=tuple(map(parse_network, networks)))
    poster = WebhookPoster(rules)
    assert said in (await poster.post(url or receiver.url, {}, b"{}") or "")
    assert receiver.all == []
    await poster.close()


async def test_law7_a_redirect_is_not_followed_and_an_answer_not_awaited_for_ever(
    receiver: Receiver,
) -> None:
    patient, impatient = (
        WebhookPoster(replace(RULES, timeout_seconds=seconds)) for seconds in (60, 0.2)
    )
    receiver.answer = lambda _: 302
    assert (await patient.post(receiver.url, {}, b"{}") or "").startswith("302")
    assert len(receiver.all) == 1
    receiver.answer = lambda _: None
    assert "within 0.2 s" in (await impatient.post(receiver.url, {}, b"{}") or "")
    for poster in (patient, impatient):
        await poster.close()


async def test_they_are_the_host_products_alone_and_leave_a_trail(api: HttpWorld) -> None:
    ann = await api.person()
    order = WebhookOrder(url="https://hook.invalid/a", topics=("user.created",))
    assert (await refused(ann.api.webhooks.create(order))).code == "forbidden"
    made = await api.host.webhooks.create(order)
    shown = await api.host.webhooks.read(made.id)
    assert "secret" not in shown.to_wire()
    assert shown in await all_of(api.host.webhooks.all())
    for attempt in (
        ann.api.webhooks.read(made.id),
        ann.api.webhooks.delete(made.id),
        ann.api.webhooks.redeliver(made.id, 1),
        all_of(ann.api.webhooks.deliveries(made.id)),
    ):
        assert (await refused(attempt)).code == "forbidden"
    paused = await api.host.webhooks.change(made.id, WebhookPatch(is_active=False))
    assert paused.is_active is False
    await api.host.webhooks.change(made.id, WebhookPatch(is_active=False))
    await api.host.webhooks.change(made.id, WebhookPatch(is_active=True))
    await api.host.webhooks.delete(made.id)
    assert (await refused(api.host.webhooks.read(made.id))).code == "not_found"
    trail = await all_of(api.host.audit.entries(entity_id=made.id))
    assert [each.action for each in trail] == [
        "webhook.deleted",
        "webhook.resumed",
        "webhook.paused",
        "webhook.created",
    ]
    assert made.secret not in str(trail)


async def test_law7_an_order_that_is_wrong_is_refused(api: HttpWorld) -> None:
    for wrong in (
        {"url": "ftp://hook.invalid/"},
        {"url": "https://user:password@hook.invalid/"},
        {"url": "https://hook.invalid/", "topics": []},
        {"url": "https://hook.invalid/", "topics": ["no topic"]},
        {"url": "https://hook.invalid/", "secret": "mine"},
    ):
        answer = await api.raw().post("/api/webhooks", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_message")
