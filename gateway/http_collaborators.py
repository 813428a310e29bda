"""Who shares a dashboard, over HTTP: invited, accepted, changed, removed.

Every change is decided in its transaction, and the dashboard's owner has heard of it when the
answer leaves: nothing that it forbids commits any more.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import Field

from gateway.http_preconditions import IfMatch, changed, check_match
from gateway.http_problems import documented, telling
from gateway.http_requests import (
    WRITES,
    AccessOf,
    After,
    ApiRoute,
    CallerOf,
    DashboardId,
    Limit,
    QueryText,
    Sent,
    UserId,
)
from gateway.http_sessions import OfUser
from gateway.http_surroundings import HttpSurroundings
from storage.identity_ports import Sharing, Users
from storage.query_ports import Page
from weft.errors import WeftError
from weft.limits import EMAIL_MAX_CHARACTERS, PAGE_DEFAULT_ITEMS
from weft.models import Collaborator, CollaboratorPatch, UserProfile
from weft.wire.http import CollaboratorListed, CollaboratorOrder, Listed, record_tag

READS: Final = documented()
CHANGES: Final = documented(writes=True)
CandidateName = Annotated[QueryText | None, Query(), Field(max_length=EMAIL_MAX_CHARACTERS)]


def collaborator_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(
        prefix="/api/dashboards/{dashboardId}/collaborators",
        tags=["collaborators"],
        route_class=ApiRoute,
    )
    _add_reading(router, around)
    _add_inviting(router, around.stores.identity.sharing)
    _add_changes(router, around.stores.identity.sharing)
    return router


def invitation_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/invitations", tags=["collaborators"], route_class=ApiRoute)
    sharing = around.stores.identity.sharing

    @router.get("", responses=READS)
    async def list_invitations(
        caller: CallerOf,
        user_id: OfUser = None,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[Collaborator]:
        """What waits for the user to accept."""
        page = await sharing.invitations(caller.whose(user_id), after=after, limit=limit)
        return Listed[Collaborator](items=page.items, next_cursor=page.next_cursor)

    return router


def _add_reading(router: APIRouter, around: HttpSurroundings) -> None:
    sharing, users = around.stores.identity.sharing, around.stores.identity.users

    @router.get("", responses=READS)
    async def list_collaborators(
        dashboard_id: DashboardId,
        access: AccessOf,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[CollaboratorListed]:
        """Invited and inactive ones included, the owner not, in the order they were invited."""
        await access.ask(dashboard_id, "read", "collaborators")
        page = await sharing.collaborators(dashboard_id, after=after, limit=limit)
        return await _with_profiles(users, page)

    @router.get("/candidates", responses=READS)
    async def find_candidate(
        dashboard_id: DashboardId,
        access: AccessOf,
        email: CandidateName = None,
        username: CandidateName = None,
    ) -> Listed[UserProfile]:
        """For who may share it: who has exactly this email, or username; one or none."""
        await access.ask(dashboard_id, "share", "dashboard")
        if (email is None) == (username is None):
            raise WeftError("invalid_message", "email: Either this or username")
        found = await users.find_user(email=email, username=username)
        known = found is not None and found.is_active
        return Listed[UserProfile](items=(found.profile(),) if found and known else ())

    @router.get("/{userId}", responses=telling(READS, 200, "ETag"))
    async def read_collaborator(
        dashboard_id: DashboardId, user_id: UserId, access: AccessOf, response: Response
    ) -> Collaborator:
        await access.ask(dashboard_id, "read", "collaborators")
        found = await sharing.collaborator(dashboard_id, user_id)
        if found is None:
            raise WeftError("not_found", "No such collaborator.")
        return _tagged(found, response)


def _add_inviting(router: APIRouter, sharing: Sharing) -> None:
    @router.post(
        "",
        status_code=201,
        responses=telling(CHANGES, 201, "ETag", "Location"),
        dependencies=WRITES,
    )
    async def invite(
        dashboard_id: DashboardId,
        order: Sent[CollaboratorOrder],
        caller: CallerOf,
        response: Response,
    ) -> Collaborator:
        """It gives nothing until it is accepted. Nobody gives more than they hold themselves."""
        add = sharing.share if order.is_accepted else sharing.invite
        added = await add(dashboard_id, order, caller.actor)
        where = f"/api/dashboards/{dashboard_id}/collaborators/{added.user_id}"
        response.headers["Location"] = where
        return _tagged(added, response)

    @router.post("/{userId}/accept", responses=telling(CHANGES, 200, "ETag"), dependencies=WRITES)
    async def accept(
        dashboard_id: DashboardId, user_id: UserId, caller: CallerOf, response: Response
    ) -> Collaborator:
        """By the invited, or the host product. Again: nothing changes."""
        return _tagged(await sharing.accept(dashboard_id, user_id, caller.actor), response)


def _add_changes(router: APIRouter, sharing: Sharing) -> None:
    @router.patch("/{userId}", responses=telling(CHANGES, 200, "ETag"), dependencies=WRITES)
    async def change_collaborator(
        *,
        dashboard_id: DashboardId,
        user_id: UserId,
        patch: Sent[CollaboratorPatch],
        caller: CallerOf,
        access: AccessOf,
        response: Response,
        if_match: IfMatch = None,
    ) -> Collaborator:
        """Role, whole permission list, activity."""
        await access.ask(dashboard_id, "write", "collaborators")
        seen = await sharing.collaborator(dashboard_id, user_id)
        if seen is None:
            raise WeftError("not_found", "No such collaborator.")
        must_stay = check_match(if_match, record_tag(seen))
        try:
            new = await sharing.change_collaborator(
                dashboard_id, user_id, patch, caller.actor, seen if must_stay else None
            )
        except WeftError as error:
            if must_stay and error.code == "conflict":
                raise changed() from None
            raise
        return _tagged(new, response)

    @router.delete("/{userId}", status_code=204, responses=CHANGES, dependencies=WRITES)
    async def remove_collaborator(
        dashboard_id: DashboardId, user_id: UserId, caller: CallerOf
    ) -> None:
        """Anyone may leave, or decline."""
        await sharing.remove_collaborator(dashboard_id, user_id, caller.actor)


async def _with_profiles(users: Users, page: Page[Collaborator]) -> Listed[CollaboratorListed]:
    profiles = await users.profiles([each.user_id for each in page.items])
    items = [
        CollaboratorListed.model_construct(**dict(each), user=profiles.get(each.user_id))
        for each in page.items
    ]
    return Listed[CollaboratorListed](items=tuple(items), next_cursor=page.next_cursor)


def _tagged(collaborator: Collaborator, response: Response) -> Collaborator:
    response.headers["ETag"] = record_tag(collaborator)
    return collaborator
