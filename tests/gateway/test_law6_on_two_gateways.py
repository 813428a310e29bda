"""Law 6 on open sockets: what one gateway is told, all know within 1 s; with Redis, without it, and
when only one of them has lost it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from storage.ending_loop import end
from storage.postgres_pool import PostgresStores
from tests.gateway.gateway_world import Client
from tests.gateway.two_gateways import (
    NO_REDIS,
    Cluster,
    Gateway,
    cluster_on,
    person,
    shared_dashboard,
    token_of,
)
from tests.running_clock import within
from tests.storage.making import until
from weft.client.admin import AdminClient
from weft.errors import WeftError
from weft.models import User, UserPatch
from weft.wire.http import CollaboratorOrder

pytestmark = pytest.mark.store
TOLD_WITHIN_SECONDS = 1.0  # law 6
SWEPT_WITHIN_SECONDS = 10.0  # law 8
Ending = Callable[[Gateway, User, UUID], Awaitable[object]]

ENDINGS: dict[str, Ending] = {
    "the session is revoked": lambda at, user, session: at.host.sessions.end(session),
    "the user signs out": lambda at, user, session: at.host.sessions.end_all(user.id),
    "the account is deactivated": lambda at, user, session: at.host.users.change(
        user.id, UserPatch(is_active=False)
    ),
    "the account is deleted": lambda at, user, session: at.host.users.delete(user.id),
}
WAYS = {
    "with Redis": (True, True),
    "without Redis": (False, False),
    "the writer has lost Redis": (False, True),
    "the listener has lost Redis": (True, False),
}


@pytest.fixture
async def cluster(postgres_stores: PostgresStores) -> AsyncIterator[Cluster]:
    async with cluster_on(postgres_stores) as cluster:
        yield cluster


async def is_closed(client: Client) -> None:
    """As one whose token has ended, and soon enough."""
    async with within(TOLD_WITHIN_SECONDS):
        error = await client.receive()
        assert (error["type"], error["code"]) == ("error", "unauthenticated")
        assert await client.closed() == 4401


async def goes_on(client: Client) -> None:
    await client.send({"type": "ping"})
    assert (await client.receive())["type"] == "pong"


@pytest.mark.parametrize("ending", ENDINGS)
async def test_law6_who_is_out_is_out_on_every_gateway(
    cluster: Cluster, redis_url: str, ending: str
) -> None:
    here, there = await cluster.gateway(redis_url), await cluster.gateway(redis_url)
    ann, bob = await person(here.host), await person(here.host)
    session_id, token = await token_of(here.host, ann)
    tabs = [await gateway.client(token) for gateway in (here, there)]
    other = await there.client((await token_of(here.host, bob))[1])
    await ENDINGS[ending](here, ann, session_id)
    await asyncio.gather(*map(is_closed, tabs))
    await goes_on(other)


@pytest.mark.parametrize("way", WAYS)
async def test_law6_a_revoked_session_is_closed_whoever_has_lost_redis(
    cluster: Cluster, redis_url: str, way: str
) -> None:
    writer, listener = (redis_url if has_redis else NO_REDIS for has_redis in WAYS[way])
    here, there = await cluster.gateway(writer), await cluster.gateway(listener)
    ann = await person(here.host)
    session_id, token = await token_of(here.host, ann)
    _, other_token = await token_of(here.host, ann)
    tab, other_device = await there.client(token), await there.client(other_token)
    await here.host.sessions.end(session_id)
    await is_closed(tab)
    await goes_on(other_device)


async def test_law6_a_fresh_token_keeps_a_socket_whose_first_session_is_revoked(
    cluster: Cluster, redis_url: str
) -> None:
    here, there = await cluster.gateway(redis_url), await cluster.gateway(redis_url)
    ann = await person(here.host)
    (old, old_token), (fresh, fresh_token) = [await token_of(here.host, ann) for _ in range(2)]
    tab = await there.client(old_token)
    await tab.send({"type": "authenticate", "token": fresh_token})
    assert (await tab.receive())["type"] == "authenticated"
    old_tab = await there.client(old_token)
    await here.host.sessions.end(old)
    await is_closed(old_tab)
    await goes_on(tab)
    await here.host.sessions.end(fresh)
    await is_closed(tab)


async def test_law6_who_is_removed_leaves_this_dashboard_and_no_other(
    cluster: Cluster, redis_url: str
) -> None:
    await cluster.owner(redis_url)
    here, there = await cluster.gateway(redis_url), await cluster.gateway(redis_url)
    ann, bob, cem = [await person(here.host) for _ in range(3)]
    board, other = [await shared_dashboard(here.host, ann, bob, cem) for _ in range(2)]
    bobs, cems = [await there.client((await token_of(here.host, u))[1]) for u in (bob, cem)]
    for client in (bobs, cems):
        assert (await client.join(board))["type"] == "joined"
    assert (await bobs.join(other))["type"] == "joined"
    await here.host.collaborators.remove(board, bob.id)
    async with within(TOLD_WITHIN_SECONDS):
        ended = await bobs.receive()
    assert (ended["type"], ended["dashboardId"]) == ("ended", str(board))
    await goes_on(bobs)
    await goes_on(cems)


async def test_a_user_is_found_on_every_gateway_and_one_device_can_be_signed_out(
    cluster: Cluster, redis_url: str
) -> None:
    here, there = await cluster.gateway(redis_url), await cluster.gateway(redis_url)
    ann = await person(here.host)
    sessions = [await token_of(here.host, ann) for _ in range(2)]
    tabs = [
        await gateway.client(token)
        for gateway, (_, token) in zip((here, there), sessions, strict=True)
    ]
    for gateway in (here, there):
        await gateway.service._recorder._calls.join()
    found = {one.session_id: one for one in await here.host.users.connections(ann.id)}
    assert {session: one.gateway_id for session, one in found.items()} == {
        sessions[0][0]: here.service.settings.gateway_id,
        sessions[1][0]: there.service.settings.gateway_id,
    }
    await here.host.sessions.end(sessions[1][0])
    await is_closed(tabs[1])
    await goes_on(tabs[0])
    await there.service._recorder._calls.join()
    (left,) = await there.host.users.connections(ann.id)
    assert left.session_id == sessions[0][0]


async def test_a_user_is_told_something_on_every_device_and_nobody_else_hears_it(
    cluster: Cluster, redis_url: str
) -> None:
    here, there = await cluster.gateway(redis_url), await cluster.gateway(redis_url)
    ann, bob = await person(here.host), await person(here.host)
    _, token = await token_of(here.host, ann)
    tabs = [await gateway.client(token) for gateway in (here, there)]
    other = await there.client((await token_of(here.host, bob))[1])
    for gateway in (here, there):
        await gateway.service._recorder._calls.join()

    async def all_listen() -> bool:
        return not any(gateway.service._watch._watched.is_deaf for gateway in (here, there))

    await until(all_listen)
    assert await here.host.users.tell(ann.id, "We restart at noon.") == 2
    for tab in tabs:
        assert await tab.receive() == {"type": "notice", "text": "We restart at noon."}
    await goes_on(other)
    with pytest.raises(WeftError) as refused:
        async with AdminClient(here.service.http_url, token) as anns:
            await anns.users.tell(bob.id, "hello")
    assert refused.value.code == "forbidden"


async def test_law8_what_a_gateway_left_that_was_killed_is_swept_by_the_other(
    cluster: Cluster, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.limits.HEARTBEAT_EVERY_SECONDS", 0.05)
    killed, living = await cluster.gateway(redis_url), await cluster.gateway(redis_url)
    ann = await person(living.host)
    await killed.client((await token_of(living.host, ann))[1])
    await killed.service._recorder._calls.join()
    assert len(await living.host.users.connections(ann.id)) == 1
    await end(killed.service._heartbeat._task)  # redis-py may take a cancellation for its own

    async def gone() -> bool:
        return not await living.host.users.connections(ann.id)

    async with within(SWEPT_WITHIN_SECONDS):
        await until(gone)


async def test_an_invitation_neither_disturbs_who_is_there_nor_opens_what_nobody_has_open(
    cluster: Cluster, redis_url: str
) -> None:
    here = await cluster.gateway(redis_url)
    ann, bob = await person(here.host), await person(here.host)
    board = await shared_dashboard(here.host, ann)
    before = await cluster.stores.log.head(board)
    await here.host.collaborators.invite(board, CollaboratorOrder(user_id=bob.id, role="editor"))
    assert await cluster.stores.log.head(board) == before
