"""What every `Sharing` keeps, in memory and in PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from storage.identity_ports import HOST, Actor, Grants, Visit
from tests.storage.identity_house import ADDRESS, House, by, grant, refused
from weft.errors import WeftError
from weft.models import (
    CollaboratorInvite,
    CollaboratorPatch,
    Context,
    Resource,
    Subject,
    UserPatch,
    decide,
)

NOBODY = uuid4()
TEXTS = grant("write", "widget", widgetTypes=["text"])


@pytest.fixture
async def owner(house: House):
    return await house.person()


@pytest.fixture
async def board(house: House, owner):
    return await house.board(owner)


async def test_an_invitation_gives_nothing_until_it_is_accepted(house: House, owner, board):
    guest, sharing = await house.person(), house.stores.sharing
    invited = await sharing.invite(
        board.id,
        CollaboratorInvite(user_id=guest.id, role="editor", permissions=(TEXTS,)),
        by(owner),
    )
    assert (invited.invited_by, invited.accepted_at, invited.is_active) == (owner.id, None, True)
    assert await sharing.collaborator(board.id, guest.id) == invited
    assert list((await sharing.invitations(guest.id)).items) == [invited]
    grants = await sharing.grants_of(board.id, guest.id)
    assert grants is not None
    assert (grants.role, grants.is_accepted, grants.subject().role) == ("editor", False, None)
    assert board.id not in await sharing.dashboards_of(guest.id)

    accepted = await sharing.accept(board.id, guest.id, by(guest))
    assert accepted.accepted_at is not None
    assert await sharing.accept(board.id, guest.id, by(guest)) == accepted, "again is no change"
    grants = await sharing.grants_of(board.id, guest.id)
    assert grants == Grants("editor", (TEXTS,))
    assert (await sharing.invitations(guest.id)).items == ()
    assert await sharing.dashboards_of(guest.id) == (board.id,)
    assert await sharing.dashboards_of(owner.id) == (board.id,)

    told = await house.trail(guest.id, dashboard_id=board.id)
    assert [one.action for one in told] == ["collaborator.invited", "collaborator.accepted"]
    assert (told[0].user_id, told[0].ip_address) == (owner.id, ADDRESS)
    assert told[0].new_values["permissions"] == [TEXTS.model_dump(mode="json", by_alias=True)]
    assert told[1].new_values.keys() == {"acceptedAt"}


async def test_only_the_invited_accept_and_nobody_learns_of_the_invitation(
    house: House, owner, board
):
    guest, eve, sharing = await house.person(), await house.person(), house.stores.sharing
    await sharing.invite(board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), by(owner))
    for dashboard_id, user, actor in (
        (board.id, guest, by(eve)),
        (board.id, guest, by(owner)),
        (board.id, eve, by(eve)),
        (NOBODY, eve, by(eve)),
    ):
        with pytest.raises(WeftError) as raised:
            await sharing.accept(dashboard_id, user.id, actor)
        assert raised.value.code == "not_found"
    assert (await sharing.accept(board.id, guest.id, HOST)).accepted_at is not None


async def test_who_is_there_already_or_cannot_be_is_not_invited(house: House, owner, board):
    member, gone = await house.member(board, "viewer"), await house.person()
    await house.stores.users.change_user(gone.id, UserPatch(is_active=False), HOST)
    for user_id, code in (
        (member.id, "conflict"),
        (owner.id, "conflict"),
        (NOBODY, "not_found"),
        (gone.id, "not_found"),
    ):
        with pytest.raises(WeftError) as raised:
            await house.stores.sharing.invite(
                board.id, CollaboratorInvite(user_id=user_id, role="viewer"), by(owner)
            )
        assert raised.value.code == code
    with pytest.raises(WeftError) as raised:
        await house.stores.sharing.invite(
            NOBODY, CollaboratorInvite(user_id=member.id, role="viewer"), HOST
        )
    assert raised.value.code == "unknown_dashboard"


async def test_who_was_deactivated_can_be_invited_anew(house: House, owner, board):
    guest, sharing = await house.member(board, "editor"), house.stores.sharing
    old = await house.membership(board, guest)
    await sharing.change_collaborator(
        board.id, guest.id, CollaboratorPatch(is_active=False), by(owner)
    )
    grants = await sharing.grants_of(board.id, guest.id)
    assert grants is not None
    assert (grants.is_active, grants.subject().role) == (False, None)
    again = await sharing.invite(
        board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), by(owner)
    )
    assert (again.id, again.role, again.accepted_at) == (old.id, "viewer", None)


async def test_sharing_by_the_host_product_needs_no_acceptance(house: House, owner, board):
    guest, sharing = await house.person(), house.stores.sharing
    wanted = CollaboratorInvite(user_id=guest.id, role="viewer")
    await sharing.invite(board.id, wanted, by(owner))
    shared = await sharing.share(board.id, wanted.model_copy(update={"role": "editor"}), HOST)
    assert shared.accepted_at is not None
    assert (shared.role, shared.invited_by) == ("editor", owner.id)
    with pytest.raises(WeftError) as raised:
        await sharing.share(board.id, wanted, by(owner))
    assert raised.value.code == "forbidden"


async def test_a_change_keeps_what_it_does_not_name(house: House, owner, board):
    guest, sharing = await house.member(board, "viewer", TEXTS), house.stores.sharing
    seen = await house.membership(board, guest)
    change = sharing.change_collaborator
    changed = await change(board.id, guest.id, CollaboratorPatch(role="editor"), by(owner), seen)
    assert changed == seen.model_copy(update={"role": "editor"})
    with pytest.raises(WeftError) as raised:
        await change(board.id, guest.id, CollaboratorPatch(role="admin"), by(owner), seen)
    assert raised.value.code == "conflict"
    emptied = await change(board.id, guest.id, CollaboratorPatch(permissions=()), by(owner))
    assert (emptied.role, emptied.permissions) == ("editor", ())
    await change(board.id, guest.id, CollaboratorPatch(permissions=()), by(owner))
    told = await house.trail(guest.id, dashboard_id=board.id, action="collaborator.changed")
    assert [one.new_values for one in told] == [{"role": "editor"}, {"permissions": []}]
    assert told[0].old_values == {"role": "viewer"}


async def test_who_leaves_or_declines_needs_no_right(house: House, owner, board):
    member, guest, sharing = (
        await house.member(board, "viewer"),
        await house.person(),
        house.stores.sharing,
    )
    await sharing.invite(board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), by(owner))
    for user in (member, guest):
        await sharing.remove_collaborator(board.id, user.id, by(user))
        assert await sharing.collaborator(board.id, user.id) is None
        with pytest.raises(WeftError) as raised:
            await sharing.remove_collaborator(board.id, user.id, by(user))
        assert raised.value.code == "not_found"
    told = (await house.trail(member.id, dashboard_id=board.id))[-1]
    assert (told.action, told.user_id, told.new_values) == ("collaborator.removed", member.id, None)
    assert told.old_values["role"] == "viewer"


# --- who may -----------------------------------------------------------------------------------

VIEWER = CollaboratorPatch(role="viewer")
ASKED = {
    "invite a viewer": lambda sharing, board, target, new, actor: sharing.invite(
        board.id, CollaboratorInvite(user_id=new.id, role="viewer"), actor
    ),
    "invite an admin": lambda sharing, board, target, new, actor: sharing.invite(
        board.id, CollaboratorInvite(user_id=new.id, role="admin"), actor
    ),
    "lower": lambda sharing, board, target, new, actor: sharing.change_collaborator(
        board.id, target.id, VIEWER, actor
    ),
    "remove": lambda sharing, board, target, new, actor: sharing.remove_collaborator(
        board.id, target.id, actor
    ),
}


@pytest.mark.parametrize(
    ("role", "permissions", "target_role", "asked", "answer"),
    [
        ("admin", (), "admin", "invite an admin", "allowed"),
        ("admin", (), "admin", "lower", "allowed"),
        ("admin", (), "admin", "remove", "allowed"),
        ("editor", (), "viewer", "invite a viewer", "not_granted"),
        ("editor", (), "viewer", "remove", "not_granted"),
        ("editor", (grant("share", "collaborators"),), "viewer", "invite a viewer", "allowed"),
        ("editor", (grant("share", "collaborators"),), "viewer", "invite an admin", "exceeds_own"),
        ("editor", (grant("write", "collaborators"),), "admin", "lower", "exceeds_own"),
        ("editor", (grant("write", "collaborators"),), "editor", "lower", "allowed"),
        ("editor", (grant("delete", "collaborators"),), "admin", "remove", "exceeds_own"),
        ("editor", (grant("delete", "collaborators"),), "viewer", "remove", "allowed"),
        (
            "admin",
            (grant("write", "widget", widgetTypes=["text"]),),
            "editor",
            "lower",
            "exceeds_own",
        ),
        (
            "editor",
            (grant("share", "collaborators", ipWhitelist=["203.0.113.0/24"]),),
            "viewer",
            "invite a viewer",
            "allowed",
        ),
        (
            "editor",
            (grant("share", "collaborators", ipWhitelist=["10.0.0.0/8"]),),
            "viewer",
            "invite a viewer",
            "address",
        ),
        (None, (), "viewer", "invite a viewer", "unknown_dashboard"),
        (None, (), "viewer", "lower", "unknown_dashboard"),
        (None, (), "viewer", "remove", "unknown_dashboard"),
    ],
)
async def test_law6_who_may_change_who_shares(
    house: House, board, *, role, permissions, target_role, asked, answer
):
    target, new = await house.member(board, target_role), await house.person()
    someone = await house.member(board, role, *permissions) if role else await house.person()
    before = await house.membership(board, target)
    attempt = ASKED[asked](house.stores.sharing, board, target, new, by(someone))
    if answer == "allowed":
        await attempt
        return
    with pytest.raises(WeftError) as raised:
        await attempt
    assert answer in refused(raised)
    assert await house.membership(board, target) == before
    assert await house.stores.sharing.collaborator(board.id, new.id) is None


async def test_law6_nobody_raises_themselves_by_an_invitation_not_yet_accepted(
    house: House, owner, board
):
    """What is given away is what an invitation will give, not what it gives now."""
    editor = await house.member(board, "editor", grant("share", "collaborators"))
    friend = await house.person()
    with pytest.raises(WeftError) as raised:
        await house.stores.sharing.invite(
            board.id, CollaboratorInvite(user_id=friend.id, role="admin"), by(editor)
        )
    assert refused(raised) == ("forbidden", "exceeds_own")


async def test_law6_an_account_that_is_not_active_has_nothing(house: House, owner, board):
    users, sharing = house.stores.users, house.stores.sharing
    await house.stores.dashboards.publish(board.id, HOST)
    admin = await house.member(board, "admin")
    for user in (admin, owner):
        await users.change_user(user.id, UserPatch(is_active=False), HOST)
        grants = await sharing.grants_of(board.id, user.id)
        assert grants == Grants(None)
        assert grants.subject().cells == frozenset()
        with pytest.raises(WeftError) as raised:
            await sharing.remove_collaborator(board.id, NOBODY, by(user))
        assert raised.value.code == "unknown_dashboard"
    assert await sharing.grants_of(board.id, NOBODY) == Grants(None)


async def test_grants_are_all_that_a_decision_needs(house: House, owner, board):
    sharing, dashboards = house.stores.sharing, house.stores.dashboards
    editor, stranger = await house.member(board, "editor", TEXTS), await house.person()
    assert await sharing.grants_of(NOBODY, editor.id) is None
    assert await sharing.grants_of_each(NOBODY, [editor.id]) == {}
    await dashboards.publish(board.id, by(owner))
    await dashboards.archive(board.id, by(owner))
    each = await sharing.grants_of_each(board.id, [owner.id, editor.id, stranger.id])
    assert each == {
        owner.id: Grants("owner", is_public=True, is_archived=True),
        editor.id: Grants("editor", (TEXTS,), is_public=True, is_archived=True),
        stranger.id: Grants(None, is_public=True, is_archived=True),
    }
    assert each[stranger.id].subject() == Subject.compile(None, is_public=True, is_archived=True)
    writing = decide(each[editor.id].subject(), "write", Resource("widget", "text"), Context(0))
    assert writing == (False, "archived")


async def test_collaborators_are_listed_in_the_order_they_were_invited(house: House, board):
    people = [await house.member(board, "viewer") for _ in range(5)]
    sharing = house.stores.sharing
    await sharing.change_collaborator(
        board.id, people[2].id, CollaboratorPatch(is_active=False), HOST
    )
    pages, after = [], None
    while True:
        page = await sharing.collaborators(board.id, after=after, limit=2)
        pages.append([one.user_id for one in page.items])
        after = page.next_cursor
        if after is None:
            break
    order = [user.id for user in people]
    assert pages == [order[:2], order[2:4], order[4:]]
    with pytest.raises(WeftError) as raised:
        await sharing.invitations(
            people[0].id, after=(await sharing.collaborators(board.id, limit=1)).next_cursor
        )
    assert raised.value.code == "invalid_message"


async def test_visits_only_rise(house: House, owner, board):
    guest = await house.member(board, "viewer")
    at = datetime(2030, 1, 1, 12, tzinfo=UTC)
    touch = house.stores.sharing.touch_visits
    await touch(
        {
            Visit(board.id, guest.id): at,
            Visit(board.id, owner.id): at + timedelta(hours=1),
            Visit(NOBODY, guest.id): at,
        }
    )
    await touch({Visit(board.id, guest.id): at - timedelta(hours=1)})
    await touch({})
    seen = await house.stores.dashboards.metadata(board.id)
    assert seen is not None
    assert seen.last_accessed_at == at + timedelta(hours=1)
    assert (await house.membership(board, guest)).last_accessed_at == at


async def test_a_change_whose_trail_cannot_be_written_does_not_happen(house: House, owner, board):
    unwritable = Actor(None, user_agent="\x00")
    guest, member = await house.person(), await house.member(board, "viewer")
    session, _ = await house.session(guest)
    stores = house.stores
    before = await house.membership(board, member)
    for attempt in (
        stores.sharing.share(
            board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), unwritable
        ),
        stores.sharing.change_collaborator(
            board.id, member.id, CollaboratorPatch(role="admin"), unwritable
        ),
        stores.sharing.remove_collaborator(board.id, member.id, unwritable),
        stores.dashboards.transfer(board.id, guest.id, unwritable),
        stores.dashboards.delete_dashboard(board.id, unwritable),
        stores.users.change_user(guest.id, UserPatch(is_active=False), unwritable),
        stores.users.delete_user(guest.id, unwritable),
        stores.sessions.end_session(session.id, unwritable),
    ):
        with pytest.raises(WeftError) as raised:
            await attempt
        assert raised.value.code == "unstorable_text"
    assert await stores.sharing.collaborator(board.id, guest.id) is None
    assert await house.membership(board, member) == before
    assert (await stores.dashboards.metadata(board.id)).owner_id == owner.id
    assert await stores.users.user(guest.id) == guest
    assert await stores.sessions.session(session.id) == session


async def test_webhooks_are_told_of_each_change_in_its_order_and_never_whence(
    house: House, owner, board
):
    everything, narrow = await house.listen("*"), await house.listen("collaborator.removed")
    guest, sharing = await house.person(), house.stores.sharing
    await sharing.invite(board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), by(owner))
    await sharing.accept(board.id, guest.id, by(guest))
    await sharing.remove_collaborator(board.id, guest.id, by(owner))
    await house.stores.dashboards.archive(board.id, by(owner))
    with pytest.raises(WeftError):
        await sharing.remove_collaborator(board.id, guest.id, by(owner))
    heard = [event for event in await house.heard(everything) if event.dashboard_id == board.id]
    assert [event.topic for event in heard] == [
        "collaborator.invited",
        "collaborator.accepted",
        "collaborator.removed",
        "dashboard.archived",
    ]
    assert heard[3].payload == {
        "userId": str(owner.id),
        "entityType": "dashboard",
        "entityId": str(board.id),
        "oldValues": {"isArchived": False},
        "newValues": {"isArchived": True},
    }
    assert str(ADDRESS) not in str([event.payload for event in heard])
    await sharing.share(board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), HOST)
    await sharing.remove_collaborator(board.id, guest.id, HOST)
    *_, told = await house.heard(narrow)
    assert (told.topic, told.payload["userId"]) == ("collaborator.removed", None)
