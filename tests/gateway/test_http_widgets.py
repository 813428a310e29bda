"""Widgets over HTTP: operations through the owner, so every law of live editing holds for them."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from tests.gateway.gateway_world import soon
from tests.gateway.http_world import TEXT, HttpWorld, all_of, problem, refused
from weft.client.instructions import ShowLive
from weft.models import WidgetCreate, WidgetPatch

pytestmark = pytest.mark.store


async def test_added_changed_and_removed_before_everyones_eyes(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    async with AsyncExitStack() as stack:
        board = await api.board(ann, dashboard, stack)
        widget = await api.widget(ann, dashboard, config={"text": "hello", "fontSize": 12})
        await soon(board.reached(1))
        assert board.document.value_at(str(widget.id), ("config", "text")) == "hello"
        patch = WidgetPatch.from_wire({"title": "Note", "config": {"text": "bye", "ours": None}})
        changed = await ann.api.widgets.change(dashboard.id, widget.id, patch)
        assert (changed.title, changed.config) == ("Note", {"text": "bye", "ours": None})
        await soon(board.reached(2))
        assert board.document.value_at(str(widget.id), ("config",)) == changed.config
        await ann.api.widgets.remove(dashboard.id, widget.id)
        await soon(board.reached(3))
        assert str(widget.id) not in board.document
    assert (await refused(ann.api.widgets.read(dashboard.id, widget.id))).code == "target_missing"


async def test_an_id_may_be_chosen_once(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    order = WidgetCreate.from_wire({**TEXT, "id": str(uuid4())})
    assert (await ann.api.widgets.add(dashboard.id, order)).id == order.id
    assert (await refused(ann.api.widgets.add(dashboard.id, order))).code == "target_exists"
    elsewhere = await api.dashboard(ann)
    assert (await ann.api.widgets.add(elsewhere.id, order)).id == order.id


async def test_config_and_data_are_checked_by_the_type(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    chart = await api.widget(ann, dashboard, type="chart")
    for fields, field in (
        ({"type": "gauge"}, "type"),
        ({"config": {"fontSize": "x"}}, "config.fontSize"),
        ({"type": "image", "config": {"url": "javascript:alert(1)"}}, "config.url"),
    ):
        order = WidgetCreate.from_wire({**TEXT, **fields})
        error = await refused(ann.api.widgets.add(dashboard.id, order))
        assert [each["field"] for each in error.details["errors"]] == [field]
    wrong = WidgetPatch(data={"series": "none"})
    error = await refused(ann.api.widgets.change(dashboard.id, chart.id, wrong))
    assert error.details["errors"][0]["field"] == "data.series"


async def test_a_locked_widget_is_for_admins(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    editor = await api.member(dashboard, "editor")
    widget = await api.widget(editor, dashboard)
    lock, title = WidgetPatch(is_locked=True), WidgetPatch(title="x")
    assert (await refused(editor.api.widgets.change(dashboard.id, widget.id, lock))).code == (
        "forbidden"
    )
    assert (await ann.api.widgets.change(dashboard.id, widget.id, lock)).is_locked
    for attempt in (
        editor.api.widgets.change(dashboard.id, widget.id, title),
        editor.api.widgets.remove(dashboard.id, widget.id),
    ):
        error = await refused(attempt)
        assert (error.code, error.details["reason"]) == ("forbidden", "locked")
    assert (await ann.api.widgets.change(dashboard.id, widget.id, title)).title == "x"
    locked = WidgetCreate.from_wire({**TEXT, "isLocked": True})
    assert (await refused(editor.api.widgets.add(dashboard.id, locked))).code == "forbidden"


async def test_a_permission_by_type_is_kept(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    texts = {"action": "write", "resource": "widget", "conditions": {"widgetTypes": ["text"]}}
    viewer = await api.member(dashboard, "viewer", permissions=[texts])
    assert (await api.widget(viewer, dashboard)).type == "text"
    chart = WidgetCreate.from_wire({**TEXT, "type": "chart"})
    error = await refused(viewer.api.widgets.add(dashboard.id, chart))
    assert (error.code, error.details["reason"]) == ("forbidden", "widget_type")


async def test_a_change_can_be_bound_to_the_widget_as_it_was_seen(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    widget, other = await api.widget(ann, dashboard), await api.widget(ann, dashboard)
    await ann.api.widgets.change(dashboard.id, other.id, WidgetPatch(title="elsewhere"))
    seen = await ann.api.widgets.change(dashboard.id, widget.id, WidgetPatch(title="1"), widget)
    for attempt in (
        ann.api.widgets.change(dashboard.id, widget.id, WidgetPatch(title="2"), widget),
        ann.api.widgets.remove(dashboard.id, widget.id, widget),
    ):
        assert (await refused(attempt)).code == "conflict"
    await ann.api.widgets.remove(dashboard.id, widget.id, seen)
    assert [each.id for each in await all_of(ann.api.widgets.all(dashboard.id))] == [other.id]


async def test_widgets_are_listed_page_by_page_in_the_order_they_were_made(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    made = [(await api.widget(ann, dashboard)).id for _ in range(5)]
    raw, path = api.raw(ann.token), f"/api/dashboards/{dashboard.id}/widgets"
    found, after = [], None
    for _ in range(3):
        page = (
            await raw.get(path, params={"limit": 2, **({"after": after} if after else {})})
        ).json()
        found += [each["id"] for each in page["items"]]
        after = page.get("nextCursor")
    assert after is None
    assert sorted(found) == sorted(map(str, made))
    assert found == [str(each.id) for each in await all_of(ann.api.widgets.all(dashboard.id))]
    problem(await raw.get(path, params={"after": "nonsense"}), 400, "invalid_message")


async def test_law7_what_the_algebra_refuses_is_the_requests_fault(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    broken = WidgetCreate.from_wire({**TEXT, "config": {"text": {"ops": [{"insert": 7}]}}})
    error = await refused(ann.api.widgets.add(dashboard.id, broken))
    assert error.code == "invalid_operation"
    deep: object = 1
    for _ in range(64):
        deep = [deep]
    answer = await api.raw(ann.token).post(
        f"/api/dashboards/{dashboard.id}/widgets", json={**TEXT, "config": {"a": deep}}
    )
    assert answer.status_code == 400


async def test_widgets_are_edited_by_users_and_read_by_the_host_product(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    widget = await api.widget(ann, dashboard)
    assert await api.host.widgets.read(dashboard.id, widget.id) == widget
    attempt = api.host.widgets.remove(dashboard.id, widget.id)
    assert (await refused(attempt)).code == "forbidden"


async def test_live_data_is_put_and_seen_at_once(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    widget = await api.widget(ann, dashboard)
    viewer = await api.member(dashboard, "viewer")
    async with AsyncExitStack() as stack:
        board = await api.board(viewer, dashboard, stack)
        news = board.changes()
        coming = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)  # it listens
        await ann.api.widgets.feed(dashboard.id, widget.id, {"celsius": 21.5, "snake_case": [1]})
        shown = await soon(coming)
        assert isinstance(shown, ShowLive)
        value = board.live[str(widget.id)].value
        assert value == {"celsius": 21.5, "snake_case": [1]}
        assert board.version == 1, "the widget alone is in the log"
    read = await ann.api.widgets.read(dashboard.id, widget.id)
    assert read.data == {}


async def test_law6_live_data_is_for_those_who_may_write_the_widget(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    widget = await api.widget(ann, dashboard)
    chart = await api.widget(ann, dashboard, type="chart")
    viewer, stranger = await api.member(dashboard, "viewer"), await api.person()
    for caller, code in ((viewer.api, "forbidden"), (stranger.api, "unknown_dashboard")):
        assert (await refused(caller.widgets.feed(dashboard.id, widget.id, {}))).code == code
    assert (await refused(api.host.widgets.feed(dashboard.id, widget.id, {}))).code == "forbidden"
    bad = await refused(ann.api.widgets.feed(dashboard.id, chart.id, {"labels": 7}))
    assert (bad.code, bad.details["errors"][0]["field"]) == ("invalid_message", "data.labels")
    gone = await refused(ann.api.widgets.feed(dashboard.id, uuid4(), {}))
    assert gone.code == "target_missing"


async def test_a_type_that_nobody_has_registered_comes_over_a_socket_and_lives_over_http(
    api: HttpWorld,
) -> None:
    """Decision 33: sockets take any type, for what types there are is a setting of a process."""
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    order = WidgetCreate.from_wire({**TEXT, "type": "hologram", "config": {"url": 7}})
    assert (await refused(ann.api.widgets.add(dashboard.id, order))).code == "invalid_message"
    widget_id = uuid4()
    async with AsyncExitStack() as stack:
        board = await api.board(ann, dashboard, stack)
        board.add_widget(order.in_document(), str(widget_id))
        await board.saved()
    shown = await ann.api.widgets.read(dashboard.id, widget_id)
    assert (shown.type, shown.config) == ("hologram", {"url": 7})
    change = ann.api.widgets.change
    moved = await change(dashboard.id, widget_id, WidgetPatch.from_wire({"title": "Hologram"}))
    assert moved.title == "Hologram"
    wrong = change(dashboard.id, widget_id, WidgetPatch.from_wire({"config": {"url": 8}}))
    error = await refused(wrong)
    assert error.details["errors"][0]["rule"] == "unknown_widget_type"
    await ann.api.widgets.remove(dashboard.id, widget_id)
