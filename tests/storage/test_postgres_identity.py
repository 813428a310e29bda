"""Identity and sharing in PostgreSQL while others change the same: whose word comes first."""

import asyncio

import pytest

from storage.identity_ports import HOST, Visit
from storage.postgres_pool import PostgresStores
from tests.storage.identity_house import House, by, postgres_house
from tests.storage.making import commit_of, until
from weft.errors import WeftError
from weft.models import CollaboratorInvite, CollaboratorPatch, UserPatch

pytestmark = pytest.mark.store


@pytest.fixture
def house(postgres_stores: PostgresStores) -> House:
    return postgres_house(postgres_stores)


async def waiting_for_locks(stores: PostgresStores, how_many: int) -> None:
    async def waiting() -> bool:
        count = await stores.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return count >= how_many

    await until(waiting)


async def test_law6_who_is_removed_while_inviting_invites_nobody(
    house: House, postgres_stores: PostgresStores
):
    """The invitation began first, and was still waiting when the removal took its turn."""
    board = await house.board(await house.person())
    admin, friend = await house.member(board, "admin"), await house.person()
    sharing = house.stores.sharing
    async with postgres_stores.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtext('weft.sharing'), hashtext($1))", str(board.id)
        )
        removal = asyncio.create_task(sharing.remove_collaborator(board.id, admin.id, HOST))
        await waiting_for_locks(postgres_stores, 1)
        invitation = asyncio.create_task(
            sharing.invite(board.id, CollaboratorInvite(user_id=friend.id, role="admin"), by(admin))
        )
        await waiting_for_locks(postgres_stores, 2)
    await removal
    with pytest.raises(WeftError) as raised:
        await invitation
    assert raised.value.code == "unknown_dashboard"
    assert await sharing.collaborator(board.id, friend.id) is None


async def test_law6_an_account_is_not_deactivated_in_the_middle_of_its_change(
    house: House, postgres_stores: PostgresStores
):
    """Either the change is before, whole, or it is refused: the trail has them in that order."""
    board = await house.board(await house.person())
    for _ in range(20):
        admin, friend = await house.member(board, "admin"), await house.person()
        invited, _ = await asyncio.gather(
            house.stores.sharing.invite(
                board.id, CollaboratorInvite(user_id=friend.id, role="viewer"), by(admin)
            ),
            house.stores.users.change_user(admin.id, UserPatch(is_active=False), HOST),
            return_exceptions=True,
        )
        ended = (await house.trail(admin.id, action="user.changed"))[0].created_at
        told = await house.trail(friend.id, action="collaborator.invited")
        if isinstance(invited, WeftError):
            assert (invited.code, told) == ("unknown_dashboard", [])
        else:
            assert told[0].created_at < ended


async def test_a_session_opened_while_its_user_is_deactivated_does_not_outlive_it(house: House):
    for _ in range(10):
        user = await house.person()
        await asyncio.gather(
            house.session(user),
            house.stores.users.change_user(user.id, UserPatch(is_active=False), HOST),
            return_exceptions=True,
        )
        await house.stores.users.change_user(user.id, UserPatch(is_active=True), HOST)
        assert (await house.stores.sessions.sessions(user.id)).items == ()


async def test_changes_of_two_at_once_all_happen(house: House):
    board = await house.board(await house.person())
    people = [await house.person() for _ in range(8)]
    sharing = house.stores.sharing
    await asyncio.gather(
        *(
            sharing.share(board.id, CollaboratorInvite(user_id=one.id, role="viewer"), HOST)
            for one in people
        )
    )
    member = people[0]
    changes = (CollaboratorPatch(role="admin"), CollaboratorPatch(is_active=False))
    await asyncio.gather(
        *(sharing.change_collaborator(board.id, member.id, change, HOST) for change in changes)
    )
    changed = await house.membership(board, member)
    assert (changed.role, changed.is_active) == ("admin", False), "none undid the other's"
    assert len((await sharing.collaborators(board.id)).items) == 8


async def test_two_invitations_of_one_user_are_one(house: House):
    board, friend = await house.board(await house.person()), await house.person()
    wanted = CollaboratorInvite(user_id=friend.id, role="viewer")
    answers = await asyncio.gather(
        *(house.stores.sharing.invite(board.id, wanted, HOST) for _ in range(3)),
        return_exceptions=True,
    )
    refused = [one for one in answers if isinstance(one, WeftError)]
    assert [one.code for one in refused] == ["conflict", "conflict"]


async def test_edits_are_not_kept_waiting_by_a_change_of_who_shares(
    house: House, postgres_stores: PostgresStores
):
    """While a change of rights stands open, a commit goes through."""
    board = await house.board(await house.person())
    opened = await house.log.open_dashboard(board.id)
    async with postgres_stores.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtext('weft.sharing'), hashtext($1))", str(board.id)
        )
        await connection.execute(
            "INSERT INTO dashboard_collaborators (dashboard_id, user_id, role) VALUES ($1, $2, $3)",
            board.id,
            (await house.person()).id,
            "viewer",
        )
        assert await house.log.commit([commit_of(opened)]) == {board.id}


async def test_a_visit_does_not_wait_for_who_is_changing_the_row(
    house: House, postgres_stores: PostgresStores
):
    owner = await house.person()
    board = await house.board(owner)
    session, _ = await house.session(owner)
    async with postgres_stores.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM dashboards WHERE id = $1 FOR UPDATE", board.id)
        await connection.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", owner.id)
        at = session.created_at.replace(year=2100)
        await house.stores.sharing.touch_visits({Visit(board.id, owner.id): at})
        await house.stores.sessions.touch_sessions({session.id: at})
    assert (await house.stores.dashboards.metadata(board.id)).last_accessed_at is None
    assert (await house.stores.sessions.session(session.id)).last_activity_at == at
    assert (await house.stores.users.user(owner.id)).last_seen_at is None


async def test_law6_a_list_that_cannot_be_read_gives_nothing(
    house: House, postgres_stores: PostgresStores
):
    """Leaving out the entry that narrows a role would widen it."""
    board = await house.board(await house.person())
    editor = await house.member(board, "editor")
    for garbage in ([{"action": "fly", "resource": "widget"}], [7], {"a": 1}, "x", None):
        await postgres_stores.pool.execute(
            "UPDATE dashboard_collaborators SET permissions = coalesce($2::JSONB, 'null') "
            "WHERE dashboard_id = $1",
            board.id,
            garbage,
        )
        grants = await house.stores.sharing.grants_of(board.id, editor.id)
        assert grants is not None
        assert grants.subject().cells == frozenset()


async def test_a_change_that_meets_an_outage_says_so_and_has_not_happened(
    house: House, postgres_stores: PostgresStores
):
    board, friend = await house.board(await house.person()), await house.person()
    async with postgres_stores.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtext('weft.sharing'), hashtext($1))", str(board.id)
        )
        attempt = asyncio.create_task(
            house.stores.sharing.share(
                board.id, CollaboratorInvite(user_id=friend.id, role="viewer"), HOST
            )
        )
        await waiting_for_locks(postgres_stores, 1)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with pytest.raises(WeftError) as raised:
            await attempt
    assert raised.value.code == "storage_unavailable"
    assert await house.stores.sharing.collaborator(board.id, friend.id) is None
    assert await house.trail(friend.id, action="collaborator.added") == []
