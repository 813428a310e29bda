"""A change that has returned is known on all nodes: caches, index, notices."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from storage.identity_cache import Standing
from storage.identity_consequences import FOLLOWS
from storage.identity_ports import HOST, Grants
from storage.notices import SessionEnded, UserChanged
from tests.storage.conftest import BOTH_STORES
from tests.storage.consequences_world import Cluster, Node, memory_cluster, real_cluster
from tests.storage.identity_house import House, by, memory_house, postgres_house
from weft.errors import WeftError
from weft.models import (
    CollaboratorInvite,
    CollaboratorPatch,
    DashboardCreate,
    SessionCreate,
    UserCreate,
    UserPatch,
)

NOBODY = uuid4()


@pytest.fixture(params=BOTH_STORES)
def kind(request: pytest.FixtureRequest) -> tuple[House, str | None]:
    if request.param == "memory":
        return memory_house(), None
    stores = request.getfixturevalue("postgres_stores")
    return postgres_house(stores), request.getfixturevalue("redis_url")


@pytest.fixture
async def cluster(kind: tuple[House, str | None], request: pytest.FixtureRequest):
    house, redis_url = kind
    async with AsyncExitStack() as stack:
        if redis_url is None:
            yield await memory_cluster(house)
        else:
            pool = request.getfixturevalue("postgres_stores").pool
            yield await real_cluster(house, redis_url, pool, stack)


# --- what is seen --------------------------------------------------------------------------------


async def test_a_profile_is_seen_as_it_is_on_every_node(cluster: Cluster):
    one, other = cluster.nodes
    user_id, name = uuid4(), str(uuid4())
    assert [await node.seen.profile(user_id) for node in cluster.nodes] == [None, None]
    wanted = UserCreate(email=f"{name}@example.org", username=name)
    made = await one.stores.users.create_user(wanted, HOST, user_id)
    for _ in range(2):
        assert await other.seen.profile(user_id) == made.profile()
    changed = await other.stores.users.change_user(user_id, UserPatch(full_name="Ada"), HOST)
    assert [await node.seen.profile(user_id) for node in cluster.nodes] == [changed.profile()] * 2
    await one.stores.users.delete_user(user_id, HOST)
    assert [await node.seen.profile(user_id) for node in cluster.nodes] == [None, None]


async def test_a_hint_is_what_grants_are_after_every_change_of_sharing(cluster: Cluster):
    """Each change on one node; then both, by their caches, as PostgreSQL has it."""
    house = cluster.house
    owner, guest, heir = [await house.person() for _ in range(3)]
    board = await house.board(owner)
    one, other = cluster.nodes
    sharing, dashboards = one.stores.sharing, other.stores.dashboards
    invite = CollaboratorInvite(user_id=guest.id, role="editor")
    changes = (
        lambda: sharing.invite(board.id, invite, by(owner)),
        lambda: sharing.accept(board.id, guest.id, by(guest)),
        lambda: sharing.change_collaborator(
            board.id, guest.id, CollaboratorPatch(role="viewer"), by(owner)
        ),
        lambda: dashboards.publish(board.id, by(owner)),
        lambda: dashboards.archive(board.id, by(owner)),
        lambda: dashboards.transfer(board.id, heir.id, by(owner)),
        lambda: dashboards.transfer(board.id, guest.id, actor=HOST),
        lambda: sharing.remove_collaborator(board.id, heir.id, HOST),
        lambda: sharing.share(
            dashboard_id=board.id,
            invite=CollaboratorInvite(user_id=heir.id, role="admin"),
            actor=HOST,
        ),
        lambda: other.stores.users.delete_user(heir.id, HOST),
        lambda: dashboards.delete_dashboard(board.id, HOST),
    )
    for number, change in enumerate(changes):
        await seen_rightly(cluster, board.id, (owner, guest, heir), f"before {number}")
        await change()
    await seen_rightly(cluster, board.id, (owner, guest, heir), "at the end")


async def seen_rightly(cluster: Cluster, dashboard_id: Any, people: Any, when: str) -> None:
    users = cluster.house.stores.users
    for node in cluster.nodes:
        for user in people:
            if await users.user(user.id) is not None:
                true = await cluster.house.stores.sharing.grants_of(dashboard_id, user.id)
                assert await node.seen.hint(dashboard_id, user.id) == true, when


async def test_a_standing_is_what_administration_alone_changes(cluster: Cluster):
    one, other = cluster.nodes
    owner, dashboard_id = await cluster.house.person(), uuid4()
    assert await other.seen.standing(dashboard_id) is None
    assert await other.seen.hint(dashboard_id, owner.id) is None
    board = await one.stores.dashboards.create_dashboard(
        owner.id, DashboardCreate(title="x"), by(owner), dashboard_id
    )
    assert await other.seen.standing(dashboard_id) == Standing(
        id=board.id,
        owner_id=owner.id,
        created_at=board.created_at,
        is_public=False,
        is_archived=False,
    )
    assert await other.seen.hint(dashboard_id, owner.id) == Grants("owner")


@pytest.mark.store
async def test_no_read_is_older_than_the_last_write_while_links_to_redis_are_cut(
    postgres_stores, redis_url
):
    """Many writes on one node, many readers on both, for real."""
    writes = 60
    async with AsyncExitStack() as stack:
        house = postgres_house(postgres_stores)
        cluster = await real_cluster(house, redis_url, postgres_stores.pool, stack)
        raw = redis.asyncio.Redis.from_url(redis_url)
        stack.push_async_callback(raw.aclose)
        user = await house.person(full_name="0")
        returned, reads = 0, 0

        async def read(node: Node) -> None:
            nonlocal reads
            while returned < writes:
                at_least = returned
                seen = await node.seen.profile(user.id)
                assert seen is not None
                assert int(seen.full_name or -1) >= at_least
                reads += 1

        async with asyncio.TaskGroup() as group:
            for node in cluster.nodes * 3:
                group.create_task(read(node))
            for number in range(1, writes + 1):
                if number % 20 == 0:
                    await raw.client_kill_filter(_type="normal", skipme=True)
                patch = UserPatch(full_name=str(number))
                await cluster.nodes[0].stores.users.change_user(user.id, patch, HOST)
                returned = number
        assert reads > writes


# --- what is heard -------------------------------------------------------------------------------


async def test_every_node_hears_where_to_look(cluster: Cluster):
    house, (one, _) = cluster.house, cluster.nodes
    guest = await house.person()
    session, _ = await house.session(guest)
    stores = one.stores
    for change, notice in (
        (stores.sessions.end_session(session.id, HOST), SessionEnded(session.id, guest.id)),
        (stores.sessions.end_sessions(guest.id, HOST), UserChanged(guest.id)),
        (
            stores.users.change_user(guest.id, UserPatch(is_active=False), HOST),
            UserChanged(guest.id),
        ),
        (stores.users.delete_user(guest.id, HOST), UserChanged(guest.id)),
    ):
        await change
        assert await cluster.heard_everywhere() == [notice, notice]


async def test_law6_the_owners_of_the_dashboards_concerned_have_heard_when_it_returns(
    cluster: Cluster,
):
    house, (one, _) = cluster.house, cluster.nodes
    owner, guest, heir = [await house.person() for _ in range(3)]
    board, sharing, dashboards = await house.board(owner), one.stores.sharing, one.stores.dashboards
    invite = CollaboratorInvite(user_id=guest.id, role="viewer")
    for change in (
        sharing.share(board.id, invite, HOST),
        sharing.change_collaborator(board.id, guest.id, CollaboratorPatch(role="editor"), HOST),
        dashboards.publish(board.id, HOST),
        dashboards.archive(board.id, HOST),
        dashboards.transfer(board.id, heir.id, HOST),
        one.stores.users.change_user(guest.id, UserPatch(is_active=False), HOST),
        one.stores.users.change_user(guest.id, UserPatch(is_active=True), HOST),
        one.stores.users.delete_user(guest.id, HOST),
        sharing.remove_collaborator(board.id, owner.id, HOST),
        dashboards.delete_dashboard(board.id, HOST),
    ):
        await change
        assert one.enforced == [board.id]
        one.enforced.clear()


async def test_what_gives_nothing_and_takes_nothing_is_not_told_to_owners(cluster: Cluster):
    """An owner that was told fences, and a dashboard that nobody has open would be opened anew."""
    house, (one, _) = cluster.house, cluster.nodes
    owner, guest = await house.person(), await house.person()
    board, sharing = await house.board(owner), one.stores.sharing
    invite = CollaboratorInvite(user_id=guest.id, role="viewer")
    await sharing.invite(board.id, invite, by(owner))
    patch = CollaboratorPatch(role="editor")
    await sharing.change_collaborator(board.id, guest.id, patch, by(owner))
    await one.stores.users.change_user(guest.id, UserPatch(full_name="Bo"), by(guest))
    assert one.enforced == []
    await sharing.accept(board.id, guest.id, by(guest))
    assert one.enforced == [board.id]


async def test_a_change_that_was_refused_is_not_told(cluster: Cluster):
    house, (one, other) = cluster.house, cluster.nodes
    board, eve = await house.board(await house.person()), await house.person()
    session, _ = await house.session(await house.person())
    for change in (
        one.stores.dashboards.archive(board.id, by(eve)),
        one.stores.sessions.end_session(session.id, by(eve)),
    ):
        with pytest.raises(WeftError):
            await change
    assert one.enforced == []
    await one.stores.sessions.end_session(session.id, HOST)
    assert await other.next() == SessionEnded(session.id, session.user_id), "nothing came before"


async def test_the_index_follows_the_sessions(cluster: Cluster):
    house, (one, _) = cluster.house, cluster.nodes
    user, sessions = await house.person(), one.stores.sessions

    async def opened() -> Any:
        return await sessions.open_session(SessionCreate(user_id=user.id), str(uuid4()), HOST)

    made = [await opened() for _ in range(4)]
    assert await cluster.index.sessions_of(user.id) == {one.id for one in made}
    await sessions.end_session(made[0].id, HOST)
    await sessions.end_sessions(user.id, HOST, keep=made[1].id)
    assert await cluster.index.sessions_of(user.id) == {made[1].id}
    await one.stores.users.change_user(user.id, UserPatch(is_active=False), HOST)
    assert await cluster.index.sessions_of(user.id) == set()


def test_every_change_of_the_ports_has_its_consequences():
    changes = {
        name
        for store in (memory_house().stores,)
        for port in (store.users, store.sessions, store.dashboards, store.sharing)
        for base in type(port).__mro__
        if base.__name__.endswith("Changes")
        for name in vars(base)
        if not name.startswith("_")
    }
    assert FOLLOWS.keys() == changes


async def test_law6_a_removal_asked_for_again_is_enforced_though_there_is_nothing_to_remove():
    """The first attempt had removed the row, and its gateway died before an owner was told."""
    cluster = await memory_cluster(memory_house())
    house, (one, _) = cluster.house, cluster.nodes
    board, member = await house.board(await house.person()), await house.person()
    await house.stores.sharing.share(
        board.id, CollaboratorInvite(user_id=member.id, role="editor"), HOST
    )
    await house.stores.sharing.remove_collaborator(board.id, member.id, HOST)
    with pytest.raises(WeftError) as caught:
        await one.stores.sharing.remove_collaborator(board.id, member.id, HOST)
    assert caught.value.code == "not_found"
    assert one.enforced == [board.id]


async def removed_before(house: House, *, deleted: bool) -> tuple[UUID, UUID, UUID]:
    """A member of one board, removed by a gateway that died then; and a board of others."""
    board, other = [await house.board(await house.person()) for _ in range(2)]
    member = await house.member(board, "editor")
    if deleted:
        await house.stores.users.delete_user(member.id, HOST)
    else:
        await house.stores.sharing.remove_collaborator(board.id, member.id, HOST)
    return board.id, other.id, member.id


async def test_law6_a_deletion_asked_for_again_is_enforced_though_there_is_nobody_to_delete(
    cluster: Cluster,
):
    """As above. The trail remembers what they shared, for their memberships are gone."""
    (one, _) = cluster.nodes
    board_id, _, member_id = await removed_before(cluster.house, deleted=True)
    for user_id, enforced in ((member_id, [board_id]), (uuid4(), [])):
        with pytest.raises(WeftError) as caught:
            await one.stores.users.delete_user(user_id, HOST)
        assert caught.value.code == "not_found"
        assert one.enforced == enforced
        one.enforced.clear()


async def test_who_never_was_there_makes_no_owner_stop(cluster: Cluster):
    """To leave needs no right: a stranger could have fenced whatever dashboard they can name."""
    (one, _) = cluster.nodes
    house, sharing = cluster.house, one.stores.sharing
    _, other_id, member_id = await removed_before(house, deleted=False)
    eve = await house.stores.users.user(member_id)
    assert eve is not None
    for asked in (
        sharing.remove_collaborator(other_id, eve.id, by(eve)),
        sharing.accept(other_id, eve.id, by(eve)),
    ):
        with pytest.raises(WeftError) as caught:
            await asked
        assert caught.value.code == "not_found"
    assert one.enforced == []
