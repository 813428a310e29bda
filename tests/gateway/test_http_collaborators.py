"""Sharing over HTTP: invited, accepted, changed, removed; and never more given than held."""

from uuid import uuid4

import pytest

from tests.gateway.http_world import HttpWorld, all_of, refused
from weft.models import CollaboratorPatch, DashboardPatch
from weft.wire.http import CollaboratorOrder

pytestmark = pytest.mark.store


async def test_an_invitation_gives_nothing_until_it_is_accepted(api: HttpWorld) -> None:
    ann, bob = await api.person(), await api.person()
    dashboard = await api.dashboard(ann)
    order = CollaboratorOrder(user_id=bob.id, role="editor")
    invited = await ann.api.collaborators.invite(dashboard.id, order)
    assert (invited.accepted_at, invited.invited_by) == (None, ann.id)
    assert (await refused(bob.api.dashboards.read(dashboard.id))).code == "unknown_dashboard"
    [waiting] = await all_of(bob.api.collaborators.invitations())
    assert (waiting.dashboard_id, waiting.role) == (dashboard.id, "editor")
    accepted = await bob.api.collaborators.accept(dashboard.id, bob.id)
    assert accepted.accepted_at is not None
    assert await all_of(bob.api.collaborators.invitations()) == []
    read = await bob.api.dashboards.read(dashboard.id)
    assert (read.role, read.owner and read.owner.id) == ("editor", ann.id)
    assert await bob.api.collaborators.accept(dashboard.id, bob.id) == accepted


async def test_nobody_accepts_for_another_but_the_host_product(api: HttpWorld) -> None:
    ann, bob = await api.person(), await api.person()
    dashboard = await api.dashboard(ann)
    order = CollaboratorOrder(user_id=bob.id, role="viewer")
    await ann.api.collaborators.invite(dashboard.id, order)
    by_ann = ann.api.collaborators.accept(dashboard.id, bob.id)
    assert (await refused(by_ann)).code == "not_found"
    assert (await refused(ann.api.collaborators.invite(dashboard.id, order))).code == "conflict"
    assert (await api.host.collaborators.accept(dashboard.id, bob.id)).accepted_at is not None
    unasked = CollaboratorOrder(user_id=(await api.person()).id, role="viewer", is_accepted=True)
    by_user = ann.api.collaborators.invite(dashboard.id, unasked)
    assert (await refused(by_user)).code == "forbidden"
    stranger = CollaboratorOrder(user_id=uuid4(), role="viewer")
    assert (await refused(ann.api.collaborators.invite(dashboard.id, stranger))).code == "not_found"


async def test_who_shares_it_is_listed_with_their_names(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    members = [await api.member(dashboard, role) for role in ("viewer", "editor", "admin")]
    listed = await all_of(members[0].api.collaborators.all(dashboard.id))
    told = [(each.user_id, each.role, each.user and each.user.username) for each in listed]
    assert told == [
        (member.id, role, member.user.username)
        for member, role in zip(members, ("viewer", "editor", "admin"), strict=True)
    ]
    read = await ann.api.collaborators.read(dashboard.id, members[1].id)
    assert read.role == "editor"
    nobody = ann.api.collaborators.read(dashboard.id, ann.id)
    assert (await refused(nobody)).code == "not_found"


async def test_nobody_gives_or_takes_more_than_they_hold(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    admin, boss = await api.member(dashboard, "admin"), await api.member(dashboard, "admin")
    may_invite = {"action": "share", "resource": "collaborators"}
    editor = await api.member(dashboard, "editor", permissions=[may_invite])
    new = await api.person()
    too_much = CollaboratorOrder(user_id=new.id, role="admin")
    error = await refused(editor.api.collaborators.invite(dashboard.id, too_much))
    assert (error.code, error.details["reason"]) == ("forbidden", "exceeds_own")
    fitting = CollaboratorOrder(user_id=new.id, role="editor")
    assert (await editor.api.collaborators.invite(dashboard.id, fitting)).role == "editor"
    lowered = CollaboratorPatch(role="viewer")
    by_editor = editor.api.collaborators.change(dashboard.id, boss.id, lowered)
    assert (await refused(by_editor)).code == "forbidden"
    changed = await admin.api.collaborators.change(dashboard.id, boss.id, lowered)
    assert changed.role == "viewer"


async def test_permissions_are_replaced_as_a_whole_and_bound_to_what_was_seen(
    api: HttpWorld,
) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    bob = await api.member(dashboard, "viewer")
    seen = await ann.api.collaborators.read(dashboard.id, bob.id)
    patch = CollaboratorPatch.from_wire(
        {"permissions": [{"action": "write", "resource": "dashboard"}]}
    )
    changed = await ann.api.collaborators.change(dashboard.id, bob.id, patch, seen)
    assert len(changed.permissions) == 1
    late = ann.api.collaborators.change(dashboard.id, bob.id, CollaboratorPatch(role="admin"), seen)
    assert (await refused(late)).code == "conflict"
    assert (await bob.api.dashboards.change(dashboard.id, DashboardPatch(title="x"))).title == "x"
    nobody = ann.api.collaborators.change(dashboard.id, uuid4(), patch)
    assert (await refused(nobody)).code == "not_found"


async def test_members_are_put_to_rest_removed_or_leave(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    bob, eve = await api.member(dashboard, "editor"), await api.member(dashboard, "editor")
    await ann.api.collaborators.change(dashboard.id, bob.id, CollaboratorPatch(is_active=False))
    assert (await refused(bob.api.dashboards.read(dashboard.id))).code == "unknown_dashboard"
    by_eve = eve.api.collaborators.remove(dashboard.id, bob.id)
    assert (await refused(by_eve)).code == "forbidden"
    await eve.api.collaborators.remove(dashboard.id, eve.id)  # leaves
    assert (await refused(eve.api.dashboards.read(dashboard.id))).code == "unknown_dashboard"
    await ann.api.collaborators.remove(dashboard.id, bob.id)
    again = ann.api.collaborators.remove(dashboard.id, bob.id)
    assert (await refused(again)).code == "not_found"
    assert await all_of(ann.api.collaborators.all(dashboard.id)) == []
