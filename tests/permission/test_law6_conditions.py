"""Law 6 with conditions: times, addresses, locks, archived and public dashboards, over sockets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from actors import owner_service
from storage.identity_ports import HOST
from storage.postgres_pool import PostgresStores
from tests.permission.permission_world import TYPING, WIDGET, House, house_on
from weft.models import Permission, parse_network

pytestmark = pytest.mark.store
HOUR_MS = 3_600_000


@pytest.fixture
async def house(
    postgres_stores: PostgresStores, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr(owner_service, "TICK_EVERY_SECONDS", 0.01)
    async with house_on(postgres_stores) as house:
        yield house


def permission(action: str, resource: str, **conditions: Any) -> Permission:
    fields = {"action": action, "resource": resource, "conditions": conditions}
    return Permission.from_wire(fields)


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def lasting_an_hour(house: House) -> dict[str, str]:
    now = house.now_ms()
    return {"start": iso(now - HOUR_MS), "end": iso(now + HOUR_MS)}


async def test_law6_a_right_that_was_given_for_a_time_ends_by_itself(house: House) -> None:
    ends = permission("write", "widget", timeRange=lasting_an_hour(house))
    bob = await house.member("editor", ends)
    typing = await house.typist(bob)
    await typing.until(lambda: typing.counts["committed"] > 5)
    end_ms = house.now_ms() + HOUR_MS
    house.ahead_ms = HOUR_MS
    told = await typing.hears("permission")
    assert told["role"] == "editor"
    assert "write widget" not in told["permissions"]
    await typing.until(lambda: typing.counts["rejected forbidden"] > 5)
    refused = await typing.hears("rejected")
    assert (refused["operation"], refused["action"], refused["resource"]) == (0, "write", "widget")
    assert refused["reason"] == "time"
    assert max(row.at_ms for row in await house.written_by(bob)) <= end_ms


async def test_law6_who_may_read_for_a_time_is_let_go_when_it_is_over(house: House) -> None:
    bob = await house.member(
        "editor", permission("read", "dashboard", timeRange=lasting_an_hour(house))
    )
    reader = await house.visitor(bob)
    assert (await reader.join())["type"] == "joined"
    house.ahead_ms = HOUR_MS
    ended = await reader.hears("ended")
    assert (ended["code"], ended["reason"]) == ("forbidden", "time")
    assert (await reader.join())["code"] == "forbidden"


@pytest.mark.parametrize(
    ("claimed", "trusted", "outcome"),
    [
        ("10.1.2.3", True, "committed"),
        ("11.0.0.1", True, "rejected"),
        ("10.1.2.3, 11.0.0.1", True, "rejected"),
        ("10.1.2.3", False, "rejected"),
    ],
)
async def test_law6_a_right_for_an_address_counts_there_alone_as_trusted_proxies_tell(
    house: House, claimed: str, *, trusted: bool, outcome: str
) -> None:
    bob = await house.member("editor", permission("write", "widget", ipWhitelist=["10.0.0.0/8"]))
    proxies = (parse_network("127.0.0.0/8"),) if trusted else ()
    gateway = await house.open_gateway("behind", proxies)
    headers = {"X-Forwarded-For": claimed}
    visitor = await house.visitor(bob, gateway, additional_headers=headers)
    joined = await visitor.join()
    assert ("write widget" in joined["permissions"]) == (outcome == "committed")
    answer = await visitor.submit()
    assert (answer["type"], answer.get("reason")) in (("committed", None), ("rejected", "address"))
    assert answer["type"] == outcome


async def test_law6_a_locked_widget_is_changed_by_who_may_unlock_it_alone(house: House) -> None:
    editor, admin = [await house.visitor(await house.member(role)) for role in ("editor", "admin")]
    assert "admin widget" not in (await editor.join())["permissions"]
    assert "admin widget" in (await admin.join())["permissions"]
    lock = {"type": "update", "targetId": WIDGET, "path": ["isLocked"], "value": True}
    refused = await editor.submit(lock)
    assert (refused["code"], refused["action"], refused["resource"]) == (
        "forbidden",
        "admin",
        "widget",
    )
    assert (await admin.submit(lock))["type"] == "committed"
    await editor.hears("committed")
    title = {"type": "update", "path": ["title"], "value": "Costs"}
    refused = await editor.submit(title, {**TYPING, "value": "x"})
    assert (refused["reason"], refused["operation"]) == ("locked", 1)
    assert (await editor.submit(title))["type"] == "committed"
    await admin.hears("committed")
    assert (await admin.submit())["type"] == "committed"


async def test_law6_what_is_archived_is_read_only_for_everybody_until_it_is_restored(
    house: House,
) -> None:
    ann = await house.visitor(house.ann)
    await ann.join()
    dashboards = house.stores.identity.dashboards
    await dashboards.archive(house.board, HOST)
    await house.enforce.changed(house.board)
    told = await ann.hears("permission")
    assert (told["role"], "write widget" in told["permissions"]) == ("owner", False)
    assert (await ann.submit())["reason"] == "archived"
    await dashboards.archive(house.board, HOST, is_archived=False)
    await house.enforce.changed(house.board)
    assert "write widget" in (await ann.hears("permission"))["permissions"]
    assert (await ann.submit())["type"] == "committed"


async def test_law6_a_public_dashboard_is_read_by_everybody_and_no_longer_than_it_is(
    house: House,
) -> None:
    stranger = await house.visitor(await house.person())
    assert (await stranger.join())["code"] == "unknown_dashboard"
    dashboards = house.stores.identity.dashboards
    await dashboards.publish(house.board, HOST)
    await house.enforce.changed(house.board)
    assert (await stranger.join())["role"] == "viewer"
    assert (await stranger.submit())["reason"] == "not_granted"
    await dashboards.publish(house.board, HOST, is_public=False)
    await house.enforce.changed(house.board)
    assert (await stranger.hears("ended"))["code"] == "forbidden"
