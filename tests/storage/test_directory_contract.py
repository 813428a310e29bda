"""What every `Directory` keeps, in memory and in Redis."""

from uuid import uuid4

import pytest

from storage.ports import Directory, OwnerAddress

TTL_SECONDS = 60.0  # no heartbeat ends during these tests


def an_owner(owner_id: str = "") -> OwnerAddress:
    return OwnerAddress(owner_id or str(uuid4()), str(uuid4()), "ws://127.0.0.1:1/link")


@pytest.fixture
async def live(directory: Directory) -> OwnerAddress:
    address = an_owner()
    await directory.announce_owner(address, TTL_SECONDS)
    return address


async def test_owners_are_listed_by_id_while_their_heartbeat_lasts(directory: Directory):
    made = sorted((an_owner() for _ in range(3)), key=lambda address: address.owner_id)
    for address in reversed(made):
        await directory.announce_owner(address, TTL_SECONDS)
    assert [one for one in await directory.owners() if one in made] == made
    await directory.withdraw_owner(made[0])
    assert [one for one in await directory.owners() if one in made] == made[1:]


async def test_a_restarted_owner_replaces_itself_and_its_past_cannot_withdraw_it(
    directory: Directory, live: OwnerAddress
):
    restarted = an_owner(live.owner_id)
    await directory.announce_owner(restarted, TTL_SECONDS)
    await directory.withdraw_owner(live)
    assert restarted in await directory.owners()
    assert live not in await directory.owners()


async def test_the_first_to_claim_holds_until_it_releases(directory: Directory, live: OwnerAddress):
    dashboard_id, rival = uuid4(), an_owner()
    await directory.announce_owner(rival, TTL_SECONDS)
    assert await directory.holder(dashboard_id) is None
    assert await directory.claim(dashboard_id, live) == live
    assert await directory.claim(dashboard_id, live) == live
    assert await directory.claim(dashboard_id, rival) == live
    await directory.release(dashboard_id, rival)
    assert await directory.holder(dashboard_id) == live
    await directory.release(dashboard_id, live)
    assert await directory.holder(dashboard_id) is None
    assert await directory.claim(dashboard_id, rival) == rival


async def test_a_lock_lives_no_longer_than_its_owner(directory: Directory, live: OwnerAddress):
    dashboard_id, heir = uuid4(), an_owner()
    await directory.claim(dashboard_id, live)
    await directory.withdraw_owner(live)
    assert await directory.holder(dashboard_id) is None
    await directory.announce_owner(heir, TTL_SECONDS)
    assert await directory.claim(dashboard_id, heir) == heir
    await directory.release(dashboard_id, live)
    assert await directory.holder(dashboard_id) == heir


async def test_a_lock_of_an_earlier_incarnation_is_nobodys(
    directory: Directory, live: OwnerAddress
):
    dashboard_id, restarted = uuid4(), an_owner(live.owner_id)
    await directory.claim(dashboard_id, live)
    await directory.announce_owner(restarted, TTL_SECONDS)
    assert await directory.holder(dashboard_id) is None
    assert await directory.claim(dashboard_id, restarted) == restarted
    assert await directory.claim(dashboard_id, live) == restarted


async def test_connections_of_users_and_rooms(directory: Directory):
    user_id, session_id, rooms = uuid4(), uuid4(), (uuid4(), uuid4())
    tabs = [str(uuid4()), str(uuid4())]
    for tab in tabs:
        await directory.connected(tab, user_id, session_id, "gateway-1")
        for room in rooms:
            await directory.entered(tab, user_id, room)
    assert await directory.connections_of(user_id) == set(tabs)
    assert await directory.room_connections(rooms[0]) == set(tabs)
    assert await directory.room_participants(rooms[0]) == {user_id}

    await directory.departed(tabs[0], user_id, rooms[0])
    assert await directory.room_connections(rooms[0]) == {tabs[1]}
    assert await directory.room_participants(rooms[0]) == {user_id}  # the other tab
    assert await directory.room_connections(rooms[1]) == set(tabs)

    await directory.disconnected(tabs[0], user_id)
    assert await directory.connections_of(user_id) == {tabs[1]}
    assert await directory.room_connections(rooms[1]) == {tabs[1]}
    await directory.disconnected(tabs[1], user_id)
    assert await directory.connections_of(user_id) == set()
    assert [await directory.room_connections(room) for room in rooms] == [set(), set()]
    assert [await directory.room_participants(room) for room in rooms] == [set(), set()]


async def test_law8_a_message_that_comes_late_makes_no_ghost(directory: Directory):
    connection_id, user_id, room = str(uuid4()), uuid4(), uuid4()
    await directory.connected(connection_id, user_id, uuid4(), "gateway-1")
    await directory.disconnected(connection_id, user_id)
    await directory.entered(connection_id, user_id, room)
    await directory.departed(connection_id, user_id, room)
    await directory.disconnected(connection_id, user_id)
    assert await directory.room_connections(room) == set()
    assert await directory.connections_of(user_id) == set()


async def test_nobody_moves_the_connection_of_another_user(directory: Directory):
    connection_id, user_id, other, room = str(uuid4()), uuid4(), uuid4(), uuid4()
    await directory.connected(connection_id, user_id, uuid4(), "gateway-1")
    await directory.entered(connection_id, user_id, room)
    await directory.departed(connection_id, other, room)
    await directory.disconnected(connection_id, other)
    assert await directory.room_connections(room) == {connection_id}
    assert await directory.connections_of(user_id) == {connection_id}


async def test_a_gateway_lives_until_it_withdraws_and_is_gone_until_it_is_forgotten(
    directory: Directory,
):
    server_id = f"gateway-1/{uuid4()}"
    assert await directory.announce_gateway(server_id, TTL_SECONDS) is False, "it is new"
    assert await directory.announce_gateway(server_id, TTL_SECONDS) is True
    assert server_id in await directory.gateways()
    assert server_id not in await directory.gone_gateways()

    await directory.withdraw_gateway(server_id)
    assert server_id not in await directory.gateways()
    assert server_id in await directory.gone_gateways()

    await directory.forget_gateway(server_id)
    assert server_id not in await directory.gone_gateways()
    assert await directory.announce_gateway(server_id, TTL_SECONDS) is False, "and is told so"


async def test_law8_what_a_gateway_left_is_swept_and_nobody_else_is(directory: Directory):
    user_id, room, here, there = uuid4(), uuid4(), f"here/{uuid4()}", f"there/{uuid4()}"
    tabs = [str(uuid4()) for _ in range(3)]
    for tab, server_id in zip(tabs, (here, here, there), strict=True):
        await directory.connected(tab, user_id, uuid4(), server_id)
        await directory.entered(tab, user_id, room)

    await directory.prune_connections(here, keep={tabs[0]})
    assert await directory.connections_of(user_id) == {tabs[0], tabs[2]}
    assert await directory.room_connections(room) == {tabs[0], tabs[2]}

    await directory.sweep_connections(here)
    await directory.sweep_connections(here)
    assert await directory.connections_of(user_id) == {tabs[2]}
    assert await directory.room_participants(room) == {user_id}
    await directory.sweep_connections(there)
    assert await directory.room_participants(room) == set()


async def test_law8_a_gateway_that_lives_again_is_neither_swept_nor_forgotten(
    directory: Directory,
):
    server_id, tab, user_id = f"gateway-1/{uuid4()}", str(uuid4()), uuid4()
    await directory.announce_gateway(server_id, TTL_SECONDS)
    await directory.withdraw_gateway(server_id)
    assert server_id in await directory.gone_gateways()
    assert await directory.announce_gateway(server_id, TTL_SECONDS) is False, "it was silent"
    await directory.connected(tab, user_id, uuid4(), server_id)
    await directory.sweep_connections(server_id)
    await directory.forget_gateway(server_id)
    assert await directory.connections_of(user_id) == {tab}
    assert await directory.announce_gateway(server_id, TTL_SECONDS) is True
    await directory.prune_connections(server_id, keep=())
    assert await directory.connections_of(user_id) == set()


async def test_law8_a_gateway_that_died_before_it_said_that_it_lives_is_swept(
    directory: Directory,
):
    server_id, tab, user_id = f"gateway-1/{uuid4()}", str(uuid4()), uuid4()
    await directory.connected(tab, user_id, uuid4(), server_id)
    assert server_id in await directory.gone_gateways()
    await directory.sweep_connections(server_id)
    await directory.forget_gateway(server_id)
    assert await directory.connections_of(user_id) == set()
    assert server_id not in await directory.gone_gateways()


async def test_law8_a_connection_told_again_is_in_no_room_but_those_told_since(
    directory: Directory,
):
    connection_id, user_id, rooms = str(uuid4()), uuid4(), (uuid4(), uuid4())
    await directory.connected(connection_id, user_id, uuid4(), "gateway-1")
    await directory.entered(connection_id, user_id, rooms[0])
    await directory.connected(connection_id, user_id, uuid4(), "gateway-1")
    await directory.entered(connection_id, user_id, rooms[1])
    assert await directory.room_connections(rooms[0]) == set()
    assert await directory.room_connections(rooms[1]) == {connection_id}


async def test_a_lock_is_handed_over_by_its_holder_alone(directory: Directory, live: OwnerAddress):
    dashboard_id, heir, rival = uuid4(), an_owner(), an_owner()
    await directory.announce_owner(heir, TTL_SECONDS)
    await directory.announce_owner(rival, TTL_SECONDS)
    await directory.claim(dashboard_id, live)
    assert not await directory.hand_over(dashboard_id, rival, rival)
    assert await directory.hand_over(dashboard_id, live, heir)
    assert await directory.holder(dashboard_id) == heir
    await directory.release(dashboard_id, live)
    assert await directory.holder(dashboard_id) == heir
    assert not await directory.hand_over(dashboard_id, live, live)


async def test_a_lock_that_was_lost_is_handed_over_all_the_same(
    directory: Directory, live: OwnerAddress
):
    dashboard_id, heir = uuid4(), an_owner()
    await directory.announce_owner(heir, TTL_SECONDS)
    assert await directory.hand_over(dashboard_id, live, heir)
    assert await directory.holder(dashboard_id) == heir


async def test_what_members_tell_of_themselves_is_read_by_name(directory: Directory):
    name, silent = f"owner-{uuid4()}", f"owner-{uuid4()}"
    await directory.report(name, b'{"cpu": 1}', TTL_SECONDS)
    await directory.report(name, b'{"cpu": 0.5, "text": "a b"}', TTL_SECONDS)
    await directory.report(silent, b"{}", -1.0)
    reports = await directory.reports()
    assert reports[name] == b'{"cpu": 0.5, "text": "a b"}'
    assert silent not in reports


async def test_it_is_known_on_which_devices_and_gateways_a_user_is(directory: Directory):
    user_id, room, tabs = uuid4(), uuid4(), sorted(str(uuid4()) for _ in range(2))
    sessions = (uuid4(), uuid4())
    for tab, session_id, server_id in zip(tabs, sessions, ("a/1", "b/1"), strict=True):
        await directory.connected(tab, user_id, session_id, server_id)
    await directory.entered(tabs[1], user_id, room)
    found = sorted(await directory.whereabouts(user_id), key=lambda one: one.connection_id)
    assert [(one.connection_id, one.session_id, one.server_id) for one in found] == [
        (tabs[0], sessions[0], "a/1"),
        (tabs[1], sessions[1], "b/1"),
    ]
    assert [one.dashboard_ids for one in found] == [frozenset(), {room}]
    assert await directory.whereabouts(uuid4()) == ()
