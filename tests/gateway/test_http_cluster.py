"""The cluster over HTTP: who is there, and sending a dashboard elsewhere."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import orjson
import pytest

from actors.owner_service import OwnerService
from tests.gateway.gateway_world import LINK_SECRET
from tests.gateway.http_world import HttpWorld, refused
from weft.wire.cluster import OwnerReport

pytestmark = pytest.mark.store


@pytest.fixture
async def other(api: HttpWorld) -> AsyncIterator[OwnerService]:
    """A second owner."""
    log, grants = api.stores.log, api.stores.identity.sharing
    owner = OwnerService(f"owner-{uuid4()}", log, grants, api.directory, secret=LINK_SECRET)
    await owner.start()
    yield owner
    await owner.stop()


async def test_a_dashboard_goes_where_the_host_product_says_and_its_editors_stay(
    api: HttpWorld, other: OwnerService
) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    home, away = api.owner.status()["ownerId"], other.status()["ownerId"]
    await api.host.cluster.move(dashboard.id, home)  # nobody has it open: it is opened there
    async with AsyncExitStack() as stack:
        board = await api.board(ann, dashboard, stack)
        before = other.status()["dashboards"]
        board.set(None, ["title"], "before")
        await board.saved()
        await api.host.cluster.move(dashboard.id, away)
        await api.host.cluster.move(dashboard.id, away)  # it is there
        board.set(None, ["title"], "after")
        await board.saved()
        assert other.status()["dashboards"] == before + 1
        holder = await api.directory.holder(dashboard.id)
        assert holder is not None and holder.owner_id == away
    assert (await ann.api.dashboards.read(dashboard.id)).title == "after"


async def test_what_cannot_be_moved_is_refused(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    home = api.owner.status()["ownerId"]
    assert (await refused(api.host.cluster.move(dashboard.id, "nobody"))).code == "not_found"
    assert (await refused(api.host.cluster.move(uuid4(), home))).code == "unknown_dashboard"
    assert (await refused(ann.api.cluster.move(dashboard.id, home))).code == "forbidden"
    assert (await refused(ann.api.cluster.read())).code == "forbidden"


async def test_members_are_read_as_they_tell_of_themselves_and_nonsense_is_left_out(
    api: HttpWorld, other: OwnerService
) -> None:
    common = {"host": "here", "pid": 1, "version": "0.1.0", "cpu": 0.25, "lagMs": 1.5}
    owner = {"name": "owner-x", **common, **other.report()}
    connections = {"connections": 3, "sessions": 2}
    gateway = {"name": "gateway-x", **common, "wsUrl": "ws:", "httpUrl": "http:", **connections}
    told = {"owner-x": owner, "gateway-x": gateway, "broken": {"url": 1}, "list": [1]}
    for name, report in told.items():
        await api.directory.report(name, orjson.dumps(report), 60.0)
    await api.directory.report("no JSON", b"\xff", 60.0)
    cluster = await api.host.cluster.read()
    assert OwnerReport.from_wire(owner) in cluster.owners
    assert [each.sessions for each in cluster.gateways if each.name == "gateway-x"] == [2]
    assert "broken" not in {each.name for each in cluster.owners}
