"""Plug-ins in the real system: an owner and a gateway that ask them, clients on sockets, HTTP."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import weft
from actors.owner_service import OwnerService
from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.memory_directory import MemoryDirectory
from storage.postgres_pool import PostgresStores
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, soon
from tests.gateway.http_world import HttpWorld, all_of, problem, refused
from weft.errors import WeftError
from weft.models import DashboardPatch
from weft.plugins import Coming, Committed, Identity, Plugin, Proposal, Refusal
from weft.plugins.loading import Loaded
from weft.plugins.plugin_service import Plugins
from weft.plugins.widget_schema import kinds_in, read_kinds

pytestmark = pytest.mark.store

GAUGE = {
    "gauge": {
        "config": {
            "type": "object",
            "properties": {"maximum": {"type": "number", "exclusiveMinimum": 0}},
            "required": ["maximum"],
        },
        "data": {"type": "object", "properties": {"value": {"type": "number"}}},
    }
}
PLACE = {"x": 0, "y": 0, "width": 4, "height": 2}


class Everything(Plugin):
    """All that a plug-in may be asked and told, by dashboard and user of one test alone."""

    def __init__(self) -> None:
        self.tokens: dict[str, UUID] = {}
        self.banned: set[UUID] = set()
        self.told: list[Any] = []

    async def authenticate(self, token: str, address: str | None) -> Identity | None:
        return Identity(self.tokens[token], 60) if token in self.tokens else None

    async def authorise(self, user_id: UUID, dashboard_id: UUID, role: str | None) -> None:
        if user_id in self.banned:
            raise Refusal("banned")

    def review(self, proposal: Proposal) -> list[dict[str, Any]] | None:
        title = proposal.after.value_at(None, ("title",))
        if title == "Untitled":
            raise Refusal("A title, please.", field="title")
        if title != title.strip():
            return [{"type": "update", "path": ["title"], "value": title.strip()}]
        return None

    async def committed(self, batch: Committed) -> None:
        self.told += [("committed", each["version"]) for each in batch.submissions]

    async def loaded(self, dashboard_id: UUID, version: int) -> None:
        self.told.append(("loaded", version))

    async def unloaded(self, dashboard_id: UUID, version: int) -> None:
        self.told.append(("unloaded", version))

    async def presence(self, coming: Coming) -> None:
        self.told.append(("here" if coming.is_here else "gone", coming.user_id))


class Extended(HttpWorld):
    plugin: Everything


@pytest.fixture
async def extended(postgres_stores: PostgresStores) -> AsyncIterator[Extended]:
    plugin = Everything()
    plugin.name = "everything"

    def plugins() -> Plugins:
        return Plugins([Loaded(plugin, "refuse")], kinds_in(GAUGE))

    directory = MemoryDirectory(clock=time.monotonic)
    stores = api_stores(postgres_stores)
    grants = stores.identity.sharing
    owner = OwnerService(
        "owner-1", postgres_stores.log, grants, directory, secret=LINK_SECRET, plugins=plugins()
    )
    settings = GatewaySettings("gateway-1", LINK_SECRET, ADMIN_KEY, deliveries=None)
    sessions = stores.identity.sessions
    service = GatewayService(settings, sessions, directory, stores, plugins=plugins())
    async with AsyncExitStack() as stack:
        await owner.start()
        stack.push_async_callback(owner.stop)
        await service.start()
        stack.push_async_callback(service.stop)
        world = Extended(service, owner, directory, stores, ADMIN_KEY, stack)
        world.plugin = plugin
        yield world


async def test_law4_an_amendment_reaches_its_author_and_everyone_else(extended: Extended) -> None:
    ann = await extended.person()
    dashboard = await extended.dashboard(ann)
    bob = await extended.member(dashboard, "editor")
    async with AsyncExitStack() as stack:
        hers = await extended.board(ann, dashboard, stack)
        his = await extended.board(bob, dashboard, stack)
        hers.set(None, ["title"], "  Costs ")
        hers.set(None, ["description"], "of the year")
        await hers.saved()
        await soon(his.reached(hers.version))
        assert hers.document == his.document
        assert hers.document.value_at(None, ("title",)) == "Costs"
        (notice,) = hers.notices()
        assert (notice.reason, notice.lost_value) == ("superseded", "  Costs ")
    log = [each async for each in ann.api.history.operations(dashboard.id)]
    added = [each for one in log for each in one.operations if "plugin" in each]
    assert [(each["value"], each["plugin"]) for each in added] == [("Costs", "everything")]
    assert ("committed", 1) in extended.plugin.told


async def test_law7_a_refusal_reaches_sockets_and_http(extended: Extended) -> None:
    ann = await extended.person()
    dashboard = await extended.dashboard(ann)
    error = await refused(ann.api.dashboards.change(dashboard.id, DashboardPatch(title="Untitled")))
    assert (error.code, error.details["plugin"]) == ("refused", "everything")
    async with AsyncExitStack() as stack:
        board = await extended.board(ann, dashboard, stack)
        board.set(None, ["title"], "Untitled")
        await board.settled()
        (notice,) = board.notices()
        assert (notice.loss, notice.reason) == ("rejected", "refused")
        assert board.document.value_at(None, ("title",)) == "Sales"


async def test_a_token_that_a_plugin_knows_opens_a_session_that_can_be_revoked(
    extended: Extended,
) -> None:
    ann = await extended.person()
    dashboard = await extended.dashboard(ann)
    token = f"from elsewhere {uuid4()}"
    assert (await refused(extended.client(token).users.me())).code == "unauthenticated"
    extended.plugin.tokens[token] = ann.id
    assert (await extended.client(token).users.me()).id == ann.id
    async with weft.connect(extended.service.ws_url, token) as client:
        await client.join(dashboard.id)
    sessions = await all_of(ann.api.sessions.all())
    (theirs,) = [each for each in sessions if each.id != ann.session_id]
    await ann.api.sessions.end(theirs.id)
    assert (await refused(extended.client(token).users.me())).code == "unauthenticated"
    stranger = f"nobody {uuid4()}"
    extended.plugin.tokens[stranger] = uuid4()
    assert (await refused(extended.client(stranger).users.me())).code == "unauthenticated"


async def test_law6_whom_a_plugin_refuses_the_dashboard_is_hidden(extended: Extended) -> None:
    ann = await extended.person()
    dashboard = await extended.dashboard(ann)
    bob = await extended.member(dashboard, "editor")
    assert (await bob.api.dashboards.read(dashboard.id)).id == dashboard.id
    extended.plugin.banned.add(bob.id)
    assert (await refused(bob.api.dashboards.read(dashboard.id))).code == "unknown_dashboard"
    async with weft.connect(extended.service.ws_url, bob.token) as client:
        assert (await refused(client.join(dashboard.id))).code in ("unknown_dashboard", "forbidden")
    assert (await ann.api.dashboards.read(dashboard.id)).id == dashboard.id


async def test_plugins_are_told_who_comes_and_goes_and_what_is_opened(extended: Extended) -> None:
    ann = await extended.person()
    dashboard = await extended.dashboard(ann)
    async with AsyncExitStack() as stack:
        await extended.board(ann, dashboard, stack)
    await extended.stack.aclose()  # everything stops, in order
    told = extended.plugin.told
    assert told.index(("loaded", 0)) < told.index(("unloaded", 0))
    assert told.index(("here", ann.id)) < told.index(("gone", ann.id))
    assert extended.service.status()["plugins"]["everything"]["failed"] == 0


async def test_law7_a_type_of_widget_of_ones_own_is_told_and_held(extended: Extended) -> None:
    ann = await extended.person()
    dashboard = await extended.dashboard(ann)
    listed = await ann.api.widget_types()
    told = {each.name: each for each in listed}
    assert told["gauge"].is_custom
    assert not told["chart"].is_custom
    assert told["gauge"].config_schema == GAUGE["gauge"]["config"]
    assert "backgroundColor" in told["chart"].config_schema["properties"]
    raw = extended.raw(ann.token)
    where = f"/api/dashboards/{dashboard.id}/widgets"
    widget: dict[str, Any] = {"type": "gauge", "position": PLACE}
    wrong = problem(await raw.post(where, json=widget), 400, "invalid_message")
    assert wrong["errors"][0]["field"] == "config"
    right = await raw.post(where, json={**widget, "config": {"maximum": 10}})
    assert right.status_code == 201
    async with AsyncExitStack() as stack:  # and over a socket, by the owner
        board = await extended.board(ann, dashboard, stack)
        board.set(right.json()["id"], ["config", "maximum"], 0)
        await board.settled()
        (notice,) = board.notices()
        assert (notice.loss, notice.reason) == ("rejected", "invalid_message")
        board.dismiss(notice)
        board.set(right.json()["id"], ["config", "maximum"], 20)
        board.set(right.json()["id"], ["config", "color"], "red")
        await board.saved()


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense",
        b"[]",
        b'{"gauge": {"configuration": {}}}',
        b'{"gauge": {"config": {"type": "nonsense"}}}',
        b'{"": {}}',
    ],
)
def test_a_file_of_types_that_is_wrong_is_misconfigured_and_named(text: bytes) -> None:
    with pytest.raises(WeftError) as raised:
        read_kinds(text, Path("types.json"))
    assert raised.value.code == "misconfigured"
    assert raised.value.message.startswith("types.json")


def test_no_schema_reaches_for_another_place() -> None:
    (kind,) = kinds_in({"gauge": {"config": {"$ref": "http://127.0.0.1:1/schema.json"}}})
    with pytest.raises(Exception, match=r"Unresolvable|unresolvable|127\.0\.0\.1"):
        list(kind.config({}))  # type: ignore[operator]
