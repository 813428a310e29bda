"""What every `Users` and `Sessions` keeps, in memory and in PostgreSQL."""

from datetime import timedelta
from uuid import uuid4

import pytest

from storage.identity_ports import HOST
from tests.storage.identity_house import ADDRESS, House, by, refused
from weft.errors import WeftError
from weft.models import CollaboratorInvite, DeviceInfo, SessionCreate, UserCreate, UserPatch

NOBODY = uuid4()


async def test_a_user_is_read_back_as_created(house: House):
    made = await house.person(
        full_name="Ada Lovelace",
        avatar_url="https://example.org/a.png",
        metadata={"n": [0, "", None]},
    )
    users = house.stores.users
    assert await users.user(made.id) == made
    assert await users.find_user(email=made.email) == made
    assert await users.find_user(username=made.username) == made
    assert (made.is_active, made.last_seen_at) == (True, None)
    assert made.metadata == {"n": [0, "", None]}
    assert await users.profiles([made.id, NOBODY]) == {made.id: made.profile()}
    assert await users.user(NOBODY) is None
    assert await users.find_user(email="nobody@example.org") is None


async def test_a_host_product_may_choose_the_id(house: House):
    user_id, name = uuid4(), str(uuid4())
    wanted = UserCreate(email=f"{name}@example.org", username=name)
    assert (await house.stores.users.create_user(wanted, HOST, user_id)).id == user_id
    with pytest.raises(WeftError) as raised:
        await house.stores.users.create_user(
            wanted.model_copy(update={"email": "b@c", "username": str(uuid4())}), HOST, user_id
        )
    assert (raised.value.code, raised.value.details) == ("conflict", {"field": "id"})


@pytest.mark.parametrize("field", ["email", "username"])
async def test_what_is_taken_is_refused_by_name_on_creating_and_on_changing(house: House, field):
    one, other = await house.person(), await house.person()
    wanted = {"email": "x@y", "username": str(uuid4()), field: getattr(one, field)}
    with pytest.raises(WeftError) as raised:
        await house.stores.users.create_user(UserCreate(**wanted), HOST)
    assert (raised.value.code, raised.value.details) == ("conflict", {"field": field})
    with pytest.raises(WeftError) as raised:
        await house.stores.users.change_user(
            other.id, UserPatch(**{field: getattr(one, field)}), HOST
        )
    assert (raised.value.code, raised.value.details) == ("conflict", {"field": field})
    assert await house.stores.users.user(other.id) == other


async def test_a_change_touches_what_it_names_and_its_trail_tells_no_more(house: House):
    made = await house.person(full_name="Ada", metadata={"a": 1})
    changed = await house.stores.users.change_user(
        made.id, UserPatch(full_name=None, metadata={"a": 0}), HOST
    )
    assert (changed.full_name, changed.metadata) == (None, {"a": 0})
    assert (changed.email, changed.created_at) == (made.email, made.created_at)
    assert await house.stores.users.user(made.id) == changed
    created, told = await house.trail(made.id)
    assert (created.action, created.old_values) == ("user.created", None)
    assert created.new_values["username"] == made.username
    assert (told.action, told.user_id) == ("user.changed", None)
    assert told.old_values == {"fullName": "Ada", "metadata": {"a": 1}}
    assert told.new_values == {"fullName": None, "metadata": {"a": 0}}


async def test_a_change_to_what_is_so_already_is_none(house: House):
    made = await house.person(full_name="Ada")
    assert await house.stores.users.change_user(made.id, UserPatch(full_name="Ada"), HOST) == made
    assert len(await house.trail(made.id)) == 1


async def test_a_change_of_what_has_changed_meanwhile_is_refused(house: House):
    seen = await house.person()
    change = house.stores.users.change_user
    await change(seen.id, UserPatch(full_name="Ada"), HOST, expected=seen)
    with pytest.raises(WeftError) as raised:
        await change(seen.id, UserPatch(full_name="Eve"), HOST, expected=seen)
    assert raised.value.code == "conflict"
    now = await house.stores.users.user(seen.id)
    assert now is not None
    assert (
        await change(seen.id, UserPatch(full_name="Eve"), HOST, expected=now)
    ).full_name == "Eve"


async def test_users_change_nothing_but_their_own_name_and_picture(house: House):
    ada, eve = await house.person(), await house.person()
    users = house.stores.users
    assert (await users.change_user(ada.id, UserPatch(full_name="Ada"), by(ada))).full_name == "Ada"
    told = (await house.trail(ada.id))[-1]
    assert (told.user_id, told.ip_address, told.user_agent) == (ada.id, ADDRESS, "Mozilla/5.0")
    for attempt in (
        users.change_user(ada.id, UserPatch(full_name="Eve"), by(eve)),
        users.change_user(NOBODY, UserPatch(full_name="Eve"), by(eve)),
        users.change_user(ada.id, UserPatch(email="new@example.org"), by(ada)),
        users.change_user(ada.id, UserPatch(is_active=False), by(ada)),
        users.delete_user(ada.id, by(ada)),
        users.create_user(UserCreate(email="n@example.org", username="n"), by(ada)),
        house.stores.sessions.open_session(SessionCreate(user_id=ada.id), "hash", by(ada)),
        house.stores.sessions.end_sessions(ada.id, by(eve)),
    ):
        with pytest.raises(WeftError) as raised:
            await attempt
        assert raised.value.code == "forbidden"


async def test_people_are_listed_in_pages_and_found_by_how_they_begin(house: House):
    stem = uuid4().hex
    people = [
        await house.person(username=f"{stem}-a"),
        await house.person(username=f"{stem}-b", email=f"b.{stem}@example.org"),
        await house.person(username=f"{stem}-c", full_name=f"Čapek {stem}"),
    ]
    users = house.stores.users
    first = await users.users(begins=stem.upper(), limit=2)
    assert list(first.items) == people[:2]
    rest = await users.users(begins=stem.upper(), limit=2, after=first.next_cursor)
    assert (list(rest.items), rest.next_cursor) == (people[2:], None)
    assert list((await users.users(begins=f"B.{stem}")).items) == [people[1]]
    assert list((await users.users(begins=f"čAPEK {stem}")).items) == [people[2]]
    assert (await users.users(begins=f"{stem}-a%")).items == ()
    assert (await users.users(begins="_" * 30)).items == ()
    await users.change_user(people[0].id, UserPatch(is_active=False), HOST)
    assert list((await users.users(begins=stem, is_active=True)).items) == people[1:]
    assert len((await users.users(limit=3)).items) == 3


async def test_law7_a_list_refuses_what_no_list_can_answer(house: House):
    for arguments in ({"limit": 0}, {"limit": 201}, {"after": "garbage"}):
        with pytest.raises(WeftError) as raised:
            await house.stores.users.users(**arguments)
        assert raised.value.code == "invalid_message"
    with pytest.raises(WeftError) as raised:
        await house.stores.users.users(begins="\x00")
    assert raised.value.code == "unstorable_text"


async def test_deactivating_ends_every_session_for_good(house: House):
    user = await house.person()
    session, token_hash = await house.session(user)
    change = house.stores.users.change_user
    await change(user.id, UserPatch(is_active=False), HOST)
    assert await house.stores.sessions.find_session(token_hash) is None
    with pytest.raises(WeftError) as raised:
        await house.session(user)
    assert raised.value.code == "not_found"
    await change(user.id, UserPatch(is_active=True), HOST)
    assert await house.stores.sessions.find_session(token_hash) is None, "what ended stays so"
    actions = [told.action for told in await house.trail(user.id)]
    assert actions == ["user.created", "user.changed", "user.sessions_ended", "user.changed"]
    ended = (await house.trail(user.id))[2]
    assert ended.new_values == {"sessionIds": [str(session.id)]}


async def test_a_deleted_user_leaves_a_history(house: House):
    owner, guest = await house.person(), await house.person()
    board = await house.board(owner)
    await house.stores.sharing.share(
        board.id, CollaboratorInvite(user_id=guest.id, role="viewer"), HOST
    )
    with pytest.raises(WeftError) as raised:
        await house.stores.users.delete_user(owner.id, HOST)
    assert (raised.value.code, raised.value.details) == ("conflict", {"ownedDashboards": 1})
    session, _ = await house.session(guest)
    assert await house.stores.users.delete_user(guest.id, HOST) == (board.id,)
    assert await house.stores.users.user(guest.id) is None
    assert await house.stores.sessions.session(session.id) is None
    assert await house.stores.sharing.collaborator(board.id, guest.id) is None
    *_, removed, told = await house.trail(guest.id)
    assert (removed.action, removed.dashboard_id) == ("collaborator.removed", board.id)
    assert removed.old_values["role"] == "viewer"
    assert await house.stores.users.removed_from(guest.id) == (board.id,)
    assert (told.action, told.new_values) == ("user.deleted", None)
    assert told.old_values["email"] == guest.email
    with pytest.raises(WeftError) as raised:
        await house.stores.users.delete_user(guest.id, HOST)
    assert raised.value.code == "not_found"


# --- sessions ------------------------------------------------------------------------------------


async def test_a_session_is_read_back_with_its_device_and_never_its_hash(house: House):
    user = await house.person()
    device = DeviceInfo(user_agent="Mozilla/5.0", platform="Linux", is_mobile=False)
    session, token_hash = await house.session(
        user, device_info=device, ip_address=ADDRESS, ttl_seconds=60
    )
    assert (session.device_info, session.ip_address) == (device, ADDRESS)
    assert session.expires_at - session.created_at == timedelta(seconds=60)
    assert await house.stores.sessions.session(session.id) == session
    found = await house.stores.sessions.find_session(token_hash)
    assert found is not None
    assert (found.session_id, found.user_id, found.username) == (session.id, user.id, user.username)
    assert found.expires_at_ms == int(session.expires_at.timestamp() * 1000)
    (told,) = await house.trail(session.id)
    assert told.action == "session.opened"
    assert token_hash not in str(told)


async def test_sessions_are_listed_newest_first_and_ended_ones_on_request(house: House):
    user = await house.person()
    made = [(await house.session(user))[0] for _ in range(3)]
    sessions = house.stores.sessions
    order = sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)
    first = await sessions.sessions(user.id, limit=2)
    rest = await sessions.sessions(user.id, limit=2, after=first.next_cursor)
    assert [*first.items, *rest.items] == order
    await sessions.end_session(made[0].id, HOST)
    alive = {one.id for one in (await sessions.sessions(user.id)).items}
    assert alive == {one.id for one in made[1:]}
    assert len((await sessions.sessions(user.id, ended=True)).items) == 3
    assert await sessions.alive([one.id for one in made] + [NOBODY]) == alive


async def test_a_session_is_ended_by_its_user_or_the_host_and_nobody_else_learns_of_it(
    house: House,
):
    user, eve = await house.person(), await house.person()
    (one, one_hash), (_, other_hash) = await house.session(user), await house.session(user)
    sessions = house.stores.sessions
    for session_id, actor in ((one.id, by(eve)), (NOBODY, by(eve)), (NOBODY, HOST)):
        with pytest.raises(WeftError) as raised:
            await sessions.end_session(session_id, actor)
        assert raised.value.code == "not_found"
    assert (await sessions.end_session(one.id, by(user))).is_active is False
    assert (await sessions.end_session(one.id, by(user))).is_active is False
    assert await sessions.find_session(one_hash) is None
    assert await sessions.find_session(other_hash) is not None
    _, ended = await house.trail(one.id)
    assert (ended.action, ended.user_id) == ("session.ended", user.id)
    assert (ended.old_values, ended.new_values) == ({"isActive": True}, {"isActive": False})


async def test_all_sessions_end_at_once_but_the_one_to_keep(house: House):
    user = await house.person()
    made = [(await house.session(user))[0].id for _ in range(3)]
    sessions = house.stores.sessions
    assert set(await sessions.end_sessions(user.id, by(user), keep=made[1])) == {made[0], made[2]}
    assert await sessions.alive(made) == {made[1]}
    assert await sessions.end_sessions(user.id, HOST) == (made[1],)
    assert await sessions.end_sessions(user.id, HOST) == ()
    told = await house.trail(user.id, action="user.sessions_ended")
    assert len(told) == 2, "nothing was done the third time"


async def test_activity_only_rises_and_reaches_the_user(house: House):
    user = await house.person()
    (session, _), (other, _) = await house.session(user), await house.session(user)
    at = session.created_at + timedelta(seconds=30)
    touch = house.stores.sessions.touch_sessions
    await touch({session.id: at, other.id: at - timedelta(seconds=5), NOBODY: at})
    await touch({session.id: at - timedelta(seconds=20)})
    await touch({})
    read = await house.stores.sessions.session(session.id)
    seen = await house.stores.users.user(user.id)
    assert read is not None
    assert seen is not None
    assert (read.last_activity_at, seen.last_seen_at) == (at, at)


async def test_rows_of_sessions_long_expired_are_forgotten(house: House):
    user = await house.person()
    past = SessionCreate.model_construct(user_id=user.id, ttl_seconds=-100)
    gone = await house.stores.sessions.open_session(past, str(uuid4()), HOST)
    kept, _ = await house.session(user)
    assert await house.stores.sessions.forget_sessions(1_000) == 0
    assert await house.stores.sessions.forget_sessions(50) >= 1
    assert await house.stores.sessions.session(gone.id) is None
    assert await house.stores.sessions.session(kept.id) is not None


async def test_a_token_is_taken_once_and_nothing_else_of_it_is_told(house: House):
    user = await house.person()
    _, token_hash = await house.session(user)
    with pytest.raises(WeftError) as raised:
        await house.stores.sessions.open_session(SessionCreate(user_id=user.id), token_hash, HOST)
    assert refused(raised) == ("conflict", None)
    assert token_hash not in str(raised.value.to_json())
