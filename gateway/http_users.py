"""Accounts over HTTP: the host product makes and changes them; a user sees and names themselves."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from gateway.access import Caller
from gateway.http_preconditions import IfMatch, changed, check_match
from gateway.http_problems import documented, telling
from gateway.http_requests import (
    WRITES,
    After,
    ApiRoute,
    CallerOf,
    Limit,
    QueryText,
    Sent,
    UserId,
)
from gateway.http_surroundings import HttpSurroundings
from storage.identity_ports import Users
from storage.notices import UserTold
from storage.ports import Whereabouts
from weft.errors import WeftError
from weft.limits import EMAIL_MAX_CHARACTERS, PAGE_DEFAULT_ITEMS
from weft.models import User, UserCreate, UserPatch
from weft.wire.http import (
    Listed,
    NoticeOrder,
    NoticeTold,
    UserConnection,
    UserConnections,
    record_tag,
)

READS: Final = documented()
CHANGES: Final = documented(writes=True)
Name = Annotated[QueryText | None, Field(max_length=EMAIL_MAX_CHARACTERS)]


def user_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/users", tags=["users"], route_class=ApiRoute)
    _add_reading(router, around.stores.identity.users)
    _add_changes(router, around.stores.identity.users)
    _add_connections(router, around)
    return router


def _add_reading(router: APIRouter, users: Users) -> None:
    @router.get("", responses=READS)
    async def list_users(
        *,
        caller: CallerOf,
        begins: Annotated[
            Name, Query(description="How username, email or full name begin.")
        ] = None,
        email: Annotated[Name, Query(description="Exactly this one.")] = None,
        username: Annotated[Name, Query(description="Exactly this one.")] = None,
        is_active: Annotated[bool | None, Query(alias="isActive")] = None,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[User]:
        """For the host product, by username. `email` and `username` find one, whatever else."""
        caller.ask_host()
        if email is not None or username is not None:
            return await _the_one(users, email, username)
        page = await users.users(begins=begins, is_active=is_active, after=after, limit=limit)
        return Listed(items=page.items, next_cursor=page.next_cursor)

    @router.get("/me", responses=telling(READS, 200, "ETag"))
    async def read_myself(caller: CallerOf, response: Response) -> User:
        """The user whose token this is."""
        return _tagged(await _visible(users, caller, caller.user_id()), response)

    @router.get("/{userId}", responses=telling(READS, 200, "ETag"))
    async def read_user(user_id: UserId, caller: CallerOf, response: Response) -> User:
        """For the host product, and for oneself."""
        return _tagged(await _visible(users, caller, user_id), response)


def _add_changes(router: APIRouter, users: Users) -> None:
    @router.post(
        "",
        status_code=201,
        responses=telling(CHANGES, 201, "ETag", "Location"),
        dependencies=WRITES,
    )
    async def create_user(user: Sent[UserCreate], caller: CallerOf, response: Response) -> User:
        """For the host product: who may be given sessions and dashboards."""
        caller.ask_host()
        try:
            created = await users.create_user(user, caller.actor, caller.request_id)
        except WeftError as error:
            mine = caller.request_id and await users.user(caller.request_id)
            if error.code != "conflict" or not mine:
                raise
            created = mine  # made by this very request, before
        response.headers["Location"] = f"/api/users/{created.id}"
        return _tagged(created, response)

    @router.patch("/{userId}", responses=telling(CHANGES, 200, "ETag"), dependencies=WRITES)
    async def change_user(
        user_id: UserId,
        patch: Sent[UserPatch],
        caller: CallerOf,
        response: Response,
        if_match: IfMatch = None,
    ) -> User:
        """Users may change their own `fullName` and `avatarUrl`; the rest is the host product's."""
        seen = await _visible(users, caller, user_id)
        must_stay = check_match(if_match, record_tag(seen))
        try:
            new = await users.change_user(user_id, patch, caller.actor, seen if must_stay else None)
        except WeftError as error:
            if must_stay and error.code == "conflict" and "field" not in error.details:
                raise changed() from None
            raise
        return _tagged(new, response)

    @router.delete("/{userId}", status_code=204, responses=CHANGES, dependencies=WRITES)
    async def delete_user(user_id: UserId, caller: CallerOf) -> None:
        """For the host product. Somebody who owns dashboards is not deleted (`conflict`)."""
        caller.ask_host()
        await users.delete_user(user_id, caller.actor)


def _add_connections(router: APIRouter, around: HttpSurroundings) -> None:
    users, directory = around.stores.identity.users, around.directory

    @router.get("/{userId}/connections", responses=READS)
    async def list_connections(user_id: UserId, caller: CallerOf) -> UserConnections:
        """Where the user is connected now, on every gateway; for the host product, and for oneself.

        To close one, end its session.
        """
        await _visible(users, caller, user_id)
        return UserConnections(
            items=tuple(_connection(each) for each in await directory.whereabouts(user_id))
        )

    @router.post("/{userId}/notices", responses=CHANGES, dependencies=WRITES)
    async def tell_user(user_id: UserId, order: Sent[NoticeOrder], caller: CallerOf) -> NoticeTold:
        """For the host product: shown on every device that is connected now, and not kept."""
        caller.ask_host()
        await _visible(users, caller, user_id)
        connections = await directory.connections_of(user_id)
        await around.notices.publish([UserTold(user_id, order.text)])
        return NoticeTold(connections=len(connections))


def _connection(place: Whereabouts) -> UserConnection:
    return UserConnection(
        connection_id=place.connection_id,
        session_id=place.session_id,
        gateway_id=place.server_id.partition("/")[0],
        dashboard_ids=tuple(sorted(place.dashboard_ids)),
        since=datetime.fromtimestamp(place.since_ms / 1000, UTC),
    )


async def _visible(users: Users, caller: Caller, user_id: UUID) -> User:
    """Raises WeftError not_found, also for everybody else."""
    found = await users.user(user_id) if caller.actor.user_id in (None, user_id) else None
    if found is None:
        raise WeftError("not_found", "No such user.")
    return found


async def _the_one(users: Users, email: str | None, username: str | None) -> Listed[User]:
    if email is not None and username is not None:
        raise WeftError("invalid_message", "email: Not together with username")
    found = await users.find_user(email=email, username=username)
    return Listed(items=(found,) if found else ())


def _tagged(user: User, response: Response) -> User:
    response.headers["ETag"] = record_tag(user)
    return user
