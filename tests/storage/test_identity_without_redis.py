"""A change that has returned is known on all nodes though Redis or an owner could not be told."""

import time
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from storage.identity_consequences import with_consequences
from storage.identity_ports import HOST
from storage.memory_shared_identity import memory_shared_identity
from storage.notices import UserChanged
from tests.storage.consequences_world import memory_cluster
from tests.storage.identity_house import memory_house
from weft.errors import WeftError
from weft.models import (
    UserPatch,
)


async def test_without_redis_a_change_happens_and_caches_are_told_by_postgresql():
    cluster = await memory_cluster(memory_house())
    one, other = cluster.nodes
    user = await cluster.house.person()
    assert await other.seen.profile(user.id) == user.profile()
    cluster.parts["shared"].unavailable = cluster.index.unavailable = True
    cluster.parts["notices"].cut(True)
    changed = await one.stores.users.change_user(user.id, UserPatch(is_active=False), HOST)
    assert changed.is_active is False
    cluster.parts["shared"].unavailable = False
    assert await other.seen.profile(user.id) == changed.profile()


async def test_law6_without_redis_every_node_sees_in_postgresql_that_something_was_not_told():
    cluster = await memory_cluster(memory_house())
    one, other = cluster.nodes
    session, _ = await cluster.house.session(await cluster.house.person())
    risen: list[str] = []
    other.cache.on_rise(lambda: risen.append("other"))
    cluster.parts["notices"].cut(True)
    await one.stores.sessions.end_session(session.id, HOST)
    await other.cache.ask_epoch()
    await other.cache.ask_epoch()
    assert risen == ["other"], "once is enough"


async def test_a_change_that_may_have_happened_is_told_as_one_that_has():
    cluster = await memory_cluster(memory_house())
    one, other = cluster.nodes
    user = await cluster.house.person()

    async def lost(user_id: Any, actor: Any, keep: Any = None) -> Any:
        raise WeftError("storage_unavailable")

    cluster.house.stores.sessions.end_sessions = lost
    with pytest.raises(WeftError):
        await one.stores.sessions.end_sessions(user.id, actor=HOST)
    assert await other.next() == UserChanged(user.id)


async def test_law6_when_an_owner_cannot_be_told_the_caller_hears_it_and_may_ask_again():
    cluster = await memory_cluster(memory_house())
    house, (one, _) = cluster.house, cluster.nodes
    board, failures = await house.board(await house.person()), [WeftError("storage_unavailable")]

    async def enforce(dashboard_ids: Iterable[UUID]) -> None:
        one.enforced.extend(dashboard_ids)
        if failures:
            raise failures.pop()

    shared = memory_shared_identity(time.time)
    dashboards = with_consequences(house.stores, shared, enforce).dashboards
    with pytest.raises(WeftError):
        await dashboards.archive(board.id, HOST)
    await dashboards.archive(board.id, HOST)
    assert one.enforced == [board.id, board.id]
