"""Dashboards over HTTP, from their making to their end."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from tests.gateway.gateway_world import soon
from tests.gateway.http_world import TEXT, HttpWorld, all_of, problem, refused
from weft.errors import WeftError
from weft.models import (
    CollaboratorPatch,
    DashboardPatch,
    DashboardSettings,
    TemplateCreate,
    WidgetCreate,
)
from weft.wire.http import CollaboratorOrder, DashboardOrder

pytestmark = pytest.mark.store


async def test_what_is_changed_over_http_is_seen_on_sockets_and_read_back(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann, settings=DashboardSettings(theme="dark"))
    async with AsyncExitStack() as stack:
        board = await api.board(ann, dashboard, stack)
        patch = DashboardPatch.from_wire(
            {"title": "Costs", "description": "of it", "settings": {"gridSize": 8, "theme": None}}
        )
        changed = await ann.api.dashboards.change(dashboard.id, patch)
        assert (changed.title, changed.description, changed.version) == ("Costs", "of it", 1)
        assert changed.settings == DashboardSettings(grid_size=8)
        await soon(board.reached(1))
        assert board.document.value_at(None, ("title",)) == "Costs"
    read = await ann.api.dashboards.read(dashboard.id)
    assert (read.title, read.role, read.version, read.widgets) == ("Costs", "owner", 1, ())


async def test_what_is_edited_on_a_socket_is_read_over_http_at_once(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    async with AsyncExitStack() as stack:
        board = await api.board(ann, dashboard, stack)
        widget_id = board.add_widget({**TEXT, "config": {"text": "hello"}})
        await soon(board.saved())
        board.insert(widget_id, ["config", "text"], 5, "!")
        await soon(board.saved())
    read = await ann.api.dashboards.read(dashboard.id)
    [widget] = read.widgets
    assert (str(widget.id), widget.config, read.version) == (widget_id, {"text": "hello!"}, 2)


async def test_a_dashboard_begins_with_what_is_asked_or_with_its_template(api: HttpWorld) -> None:
    ann = await api.person()
    widget = WidgetCreate.from_wire({**TEXT, "title": "Note"})
    template = await api.host.templates.create(
        TemplateCreate(name=f"Wall {uuid4()}", layout=(), default_widgets=(widget,))
    )
    made = await ann.api.dashboards.create(DashboardOrder(title="A", template_id=template.id))
    assert [each.title for each in (await ann.api.dashboards.read(made.id)).widgets] == ["Note"]
    order = DashboardOrder(title="B", widgets=(widget, widget), id=uuid4())
    assert (await ann.api.dashboards.create(order)).id == order.id
    assert len((await ann.api.dashboards.read(order.id or uuid4())).widgets) == 2
    assert (await refused(ann.api.dashboards.create(order))).code == "conflict"
    missing = DashboardOrder(title="C", template_id=uuid4())
    assert (await refused(ann.api.dashboards.create(missing))).code == "not_found"


async def test_widgets_of_a_new_dashboard_are_checked_by_their_type(api: HttpWorld) -> None:
    ann = await api.person()
    wrong = [{**TEXT, "config": {"fontSize": "large"}}, {**TEXT, "type": "gauge"}]
    order = DashboardOrder.from_wire({"title": "A", "widgets": wrong})
    error = await refused(ann.api.dashboards.create(order))
    fields = [each["field"] for each in error.details["errors"]]
    assert fields == ["widgets.0.config.fontSize", "widgets.1.type"]


async def test_the_host_product_makes_dashboards_for_its_users(api: HttpWorld) -> None:
    ann, bob = await api.person(), await api.person()
    made = await api.host.dashboards.create(DashboardOrder(title="A", owner_id=ann.id))
    assert made.owner_id == ann.id
    assert (await refused(api.host.dashboards.create(DashboardOrder(title="A")))).code == (
        "invalid_message"
    )
    for_another = ann.api.dashboards.create(DashboardOrder(title="A", owner_id=bob.id))
    assert (await refused(for_another)).code == "forbidden"
    nobodys = api.host.dashboards.create(DashboardOrder(title="A", owner_id=uuid4()))
    assert (await refused(nobodys)).code == "not_found"
    assert [each.id for each in await all_of(api.host.dashboards.all(ann.id))] == [made.id]


async def test_lists_show_what_the_user_takes_part_in_and_with_what_role(api: HttpWorld) -> None:
    ann = await api.person()
    own, shared = await api.dashboard(ann), await api.dashboard(await api.person())
    order = CollaboratorOrder(user_id=ann.id, role="editor", is_accepted=True)
    await api.host.collaborators.invite(shared.id, order)
    await api.dashboard(await api.person(), is_public=True)
    listed = {each.id: each async for each in ann.api.dashboards.all()}
    assert {id_: each.role for id_, each in listed.items()} == {
        own.id: "owner",
        shared.id: "editor",
    }
    assert (listed[own.id].collaborator_count, listed[shared.id].collaborator_count) == (0, 1)
    await ann.api.dashboards.change(own.id, DashboardPatch(is_archived=True))
    assert [each.id for each in await all_of(ann.api.dashboards.all())] == [shared.id]
    archived = await all_of(ann.api.dashboards.all(archived="true"))
    assert [each.id for each in archived] == [own.id]
    assert len(await all_of(ann.api.dashboards.all(archived="any"))) == 2


async def test_search_finds_what_the_user_may_see_best_first(api: HttpWorld) -> None:
    word = "q" + uuid4().hex
    ann, bob = await api.person(), await api.person()
    weak = await api.dashboard(ann, "Sales", description=f"about {word}")
    strong = await api.dashboard(ann, f"All about {word}")
    public = await api.dashboard(bob, word, is_public=True)
    await api.dashboard(bob, f"{word} of bob's own")
    found = await all_of(ann.api.dashboards.search(word))
    assert {each.id for each in found} == {weak.id, strong.id, public.id}
    ranks = [each.rank for each in found]
    assert ranks == sorted(ranks, reverse=True)
    assert [each.role for each in found if each.id == public.id] == [None]


async def test_a_list_tells_no_title_that_may_not_be_read_from_here(api: HttpWorld) -> None:
    word = "q" + uuid4().hex
    dashboard = await api.dashboard(await api.person(), word)
    elsewhere = {"action": "read", "resource": "dashboard",
                 "conditions": {"ipWhitelist": ["203.0.113.0/24"]}}  # fmt: skip
    ann = await api.member(dashboard, "editor", permissions=[elsewhere])
    raw, there = api.raw(ann.token), {"X-Forwarded-For": "203.0.113.9"}
    for path in ("/api/dashboards", f"/api/dashboards/search?text={word}"):
        assert (await raw.get(path)).json()["items"] == []
        assert [each["title"] for each in (await raw.get(path, headers=there)).json()["items"]] == [
            word
        ]
    path = f"/api/dashboards/{dashboard.id}"
    problem(await raw.get(path), 403, "forbidden")
    assert (await raw.get(path, headers=there)).json()["title"] == word


async def test_law6_to_strangers_a_dashboard_does_not_exist(api: HttpWorld) -> None:
    dashboard = await api.dashboard(await api.person())
    eve = await api.person()
    raw, place = api.raw(eve.token), f"/api/dashboards/{dashboard.id}"
    nowhere = f"/api/dashboards/{uuid4()}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("PATCH", "", {"isPublic": True}),
        ("PATCH", "", {"isArchived": True}),
        ("DELETE", "", None),
        ("PUT", "/owner", {"userId": str(eve.id)}),
        ("GET", "/collaborators", None),
        ("GET", f"/collaborators/{eve.id}", None),
        ("POST", "/collaborators", {"userId": str(eve.id), "role": "admin"}),
        ("PATCH", f"/collaborators/{eve.id}", {"role": "admin"}),
        ("GET", "/widgets", None),
        ("POST", "/widgets", TEXT),
        ("PATCH", f"/widgets/{uuid4()}", {"title": "x"}),
        ("DELETE", f"/widgets/{uuid4()}", None),
        ("GET", "/operations", None),
        ("GET", "/checkpoints", None),
        ("GET", "/checkpoints/0", None),
        ("GET", "/online", None),
    ]
    for method, path, body in asked:
        answers = [await raw.request(method, start + path, json=body) for start in (place, nowhere)]
        told = [problem(answer, 404, "unknown_dashboard") for answer in answers]
        assert told[0] == told[1], (method, path)
    for method, path in (("DELETE", f"/collaborators/{eve.id}"),
                         ("POST", f"/collaborators/{eve.id}/accept")):  # fmt: skip
        told = [
            problem(await raw.request(method, start + path), 404, "not_found")
            for start in (place, nowhere)
        ]
        assert told[0] == told[1], (method, path)


async def test_roles_decide_on_every_route(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    viewer, editor, admin = [
        await api.member(dashboard, role) for role in ("viewer", "editor", "admin")
    ]
    flag, title = DashboardPatch(is_archived=False), DashboardPatch(title="x")
    assert (await viewer.api.dashboards.read(dashboard.id)).role == "viewer"
    error = await refused(viewer.api.dashboards.change(dashboard.id, title))
    assert (error.code, error.details["reason"]) == ("forbidden", "not_granted")
    assert (await editor.api.dashboards.change(dashboard.id, title)).title == "x"
    assert (await refused(editor.api.dashboards.change(dashboard.id, flag))).code == "forbidden"
    assert (await admin.api.dashboards.change(dashboard.id, flag)).is_archived is False
    assert (await refused(admin.api.dashboards.delete(dashboard.id))).code == "forbidden"
    hand_over = admin.api.dashboards.hand_over(dashboard.id, admin.id)
    assert (await refused(hand_over)).code == "forbidden"
    assert (await refused(all_of(viewer.api.audit.entries()))).code == "forbidden"
    of_this = viewer.api.audit.entries(dashboard_id=dashboard.id)
    assert (await refused(all_of(of_this))).code == "forbidden"
    assert await all_of(admin.api.audit.entries(dashboard_id=dashboard.id))


async def test_an_archived_dashboard_is_read_and_restored_and_not_edited(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    await ann.api.dashboards.change(dashboard.id, DashboardPatch(is_archived=True))
    title = DashboardPatch(title="x")
    error = await refused(ann.api.dashboards.change(dashboard.id, title))
    assert (error.code, error.details["reason"]) == ("forbidden", "archived")
    await ann.api.dashboards.change(dashboard.id, DashboardPatch(is_archived=False))
    assert (await ann.api.dashboards.change(dashboard.id, title)).title == "x"


async def test_public_is_for_everyone_to_read_and_nobody_else_to_edit(api: HttpWorld) -> None:
    ann, eve = await api.person(), await api.person()
    dashboard = await api.dashboard(ann)
    await ann.api.dashboards.change(dashboard.id, DashboardPatch(is_public=True))
    read = await eve.api.dashboards.read(dashboard.id)
    assert (read.role, read.owner) == ("viewer", None)
    title = eve.api.dashboards.change(dashboard.id, DashboardPatch(title="x"))
    assert (await refused(title)).code == "forbidden"
    assert (await refused(all_of(eve.api.collaborators.all(dashboard.id)))).code == "forbidden"
    await ann.api.dashboards.change(dashboard.id, DashboardPatch(is_public=False))
    assert (await refused(eve.api.dashboards.read(dashboard.id))).code == "unknown_dashboard"


async def test_a_change_can_be_bound_to_a_version(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    first = await ann.api.dashboards.change(dashboard.id, DashboardPatch(title="1"), at_version=0)
    error = await refused(
        ann.api.dashboards.change(dashboard.id, DashboardPatch(title="2"), at_version=0)
    )
    assert error.code == "conflict"
    again = DashboardPatch(title="2")
    assert (await ann.api.dashboards.change(dashboard.id, again, first.version)).version == 2
    raw = api.raw(ann.token)
    answer = await raw.get(f"/api/dashboards/{dashboard.id}")
    assert answer.headers["etag"] == '"2"'
    late = await raw.patch(
        f"/api/dashboards/{dashboard.id}", json={"title": "3"}, headers={"If-Match": '"1"'}
    )
    problem(late, 412, "conflict")


async def test_of_changes_bound_to_one_version_none_is_lost(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)

    async def count_up() -> None:
        """Read, add one, write: what If-Match is for."""
        while True:
            seen = await ann.api.dashboards.read(dashboard.id)
            next_size = (seen.settings.grid_size or 0) + 1
            patch = DashboardPatch(settings=DashboardSettings(grid_size=next_size))
            try:
                await ann.api.dashboards.change(dashboard.id, patch, seen.version)
            except WeftError as error:
                assert error.code == "conflict"
            else:
                return

    await asyncio.gather(*(count_up() for _ in range(5)))
    counted = await ann.api.dashboards.read(dashboard.id)
    assert (counted.version, counted.settings.grid_size) == (5, 5)


async def test_nothing_is_changed_by_an_empty_patch(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    same = await ann.api.dashboards.change(dashboard.id, DashboardPatch())
    assert (same.version, same.title) == (0, "Sales")


async def test_content_is_a_users_to_change_and_flags_the_host_products_too(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    title = api.host.dashboards.change(dashboard.id, DashboardPatch(title="x"))
    assert (await refused(title)).code == "forbidden"
    flag = DashboardPatch(is_public=True)
    assert (await api.host.dashboards.change(dashboard.id, flag)).is_public
    assert (await api.host.dashboards.read(dashboard.id)).role is None
    unknown = api.host.dashboards.change(uuid4(), flag)
    assert (await refused(unknown)).code == "unknown_dashboard"


async def test_handed_over_and_deleted(api: HttpWorld) -> None:
    ann, bob = await api.person(), await api.person()
    dashboard = await api.dashboard(ann)
    moved = await ann.api.dashboards.hand_over(dashboard.id, bob.id)
    assert moved.owner_id == bob.id
    assert (await ann.api.dashboards.read(dashboard.id)).role == "admin"
    assert (await refused(ann.api.dashboards.delete(dashboard.id))).code == "forbidden"
    await bob.api.dashboards.delete(dashboard.id)
    assert (await refused(bob.api.dashboards.read(dashboard.id))).code == "unknown_dashboard"
    gone = await all_of(api.host.audit.entries(dashboard_id=dashboard.id))
    assert gone[0].action == "dashboard.deleted"
    assert (await refused(bob.api.dashboards.hand_over(dashboard.id, ann.id))).code == (
        "unknown_dashboard"
    )


async def test_a_lowered_role_counts_from_the_next_request_on(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    bob = await api.member(dashboard, "editor")
    title = DashboardPatch(title="x")
    await bob.api.dashboards.change(dashboard.id, title)
    await ann.api.collaborators.change(dashboard.id, bob.id, CollaboratorPatch(role="viewer"))
    assert (await refused(bob.api.dashboards.change(dashboard.id, title))).code == "forbidden"
