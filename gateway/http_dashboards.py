"""Dashboards over HTTP: made, listed, found, read whole, changed, put away, handed over, deleted.

What is content goes through the dashboard's owner as operations; what is not (who may see it, that
it is archived, whose it is) is a change in PostgreSQL that its owner hears of.
"""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response

from gateway.access import Access, Caller
from gateway.content_edits import check_one_kind, dashboard_edits
from gateway.http_content import Contents
from gateway.http_preconditions import IfMatch, check_match
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
)
from gateway.http_sessions import OfUser
from gateway.http_surroundings import HttpSurroundings
from storage.query_ports import DashboardContent, DashboardSummary
from weft.errors import WeftError
from weft.limits import PAGE_DEFAULT_ITEMS, SEARCH_MAX_CHARACTERS
from weft.models import (
    Dashboard,
    DashboardMetadata,
    DashboardPatch,
    Problem,
    Subject,
    WidgetTypes,
    invalid,
)
from weft.wire.http import (
    DashboardFound,
    DashboardListed,
    DashboardOrder,
    DashboardWithWidgets,
    Listed,
    NewOwner,
    version_tag,
)
from weft.wire.link import ANYTHING

READS: Final = documented()
CHANGES: Final = documented(writes=True)
Archived = Annotated[Literal["false", "true", "any"], Query()]
_ARCHIVED: Final = {"false": False, "true": True, "any": None}


def dashboard_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/dashboards", tags=["dashboards"], route_class=ApiRoute)
    _add_lists(router, around)
    _add_reading(router, around)
    _add_changes(router, around)
    _add_endings(router, around)
    return router


def _add_lists(router: APIRouter, around: HttpSurroundings) -> None:
    queries = around.stores.queries

    @router.get("", responses=READS)
    async def list_dashboards(
        *,
        caller: CallerOf,
        access: AccessOf,
        user_id: OfUser = None,
        archived: Archived = "false",
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[DashboardListed]:
        """What the user owns or takes part in, last modified first.

        A page may be shorter than `limit` and not be the last: `nextCursor` says.
        """
        page = await queries.user_dashboards(
            caller.whose(user_id), archived=_ARCHIVED[archived], after=after, limit=limit
        )
        items = [_listed(each) for each in page.items if _shown(each, caller, access)]
        return Listed[DashboardListed](items=tuple(items), next_cursor=page.next_cursor)

    @router.get("/search", responses=READS)
    async def search_dashboards(
        *,
        caller: CallerOf,
        access: AccessOf,
        text: Annotated[
            QueryText,
            Query(
                description='As people type: words, "a phrase", or, -not.',
                max_length=SEARCH_MAX_CHARACTERS,
            ),
        ],
        user_id: OfUser = None,
        archived: Archived = "false",
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[DashboardFound]:
        """What the user may see and the text matches in title or description, best first."""
        page = await queries.search_dashboards(
            caller.whose(user_id), text, archived=_ARCHIVED[archived], after=after, limit=limit
        )
        items = [
            DashboardFound.model_construct(**dict(_listed(found.summary)), rank=found.rank)
            for found in page.items
            if _shown(found.summary, caller, access)
        ]
        return Listed[DashboardFound](items=tuple(items), next_cursor=page.next_cursor)


def _add_reading(router: APIRouter, around: HttpSurroundings) -> None:
    contents = Contents(around)
    users = around.stores.identity.users

    @router.get("/{dashboardId}", responses=telling(READS, 200, "ETag"))
    async def read_dashboard(
        dashboard_id: DashboardId, access: AccessOf, response: Response
    ) -> DashboardWithWidgets:
        """With its widgets, all as of `version`, which is the ETag."""
        subject = await access.ask_to_read(dashboard_id)
        content = await contents.read(dashboard_id)
        owner_id = content.dashboard.owner_id
        profiles = await users.profiles([owner_id]) if access.shows_people(subject) else {}
        _tag(content, response)
        return DashboardWithWidgets.model_construct(
            **dict(content.dashboard),
            role=subject.role if subject else None,
            owner=profiles.get(owner_id),
            widgets=content.widgets,
        )


def _add_changes(router: APIRouter, around: HttpSurroundings) -> None:
    dashboards = around.stores.identity.dashboards
    contents = Contents(around)

    @router.post(
        "",
        status_code=201,
        responses=telling(CHANGES, 201, "ETag", "Location"),
        dependencies=WRITES,
    )
    async def create_dashboard(
        order: Sent[DashboardOrder], caller: CallerOf, response: Response
    ) -> Dashboard:
        """One's own. What is not given comes from the template, if `templateId` names one."""
        check_widgets(order, around.widget_types)
        owner_id = order.owner_id if caller.is_host else caller.user_id()
        if owner_id is None:
            raise invalid([Problem("ownerId", "missing", "The host product must say whose")])
        if order.owner_id not in (None, owner_id):
            raise WeftError("forbidden", "Only the host product makes dashboards for others.")
        dashboard_id = order.id or caller.request_id
        try:
            made = await dashboards.create_dashboard(owner_id, order, caller.actor, dashboard_id)
        except WeftError as error:
            if error.code != "conflict" or order.id or dashboard_id is None:
                raise
            made = (await contents.read(dashboard_id)).dashboard  # by this very request, before
        response.headers["Location"] = f"/api/dashboards/{made.id}"
        response.headers["ETag"] = version_tag(made.version)
        return made

    @router.patch("/{dashboardId}", responses=telling(CHANGES, 200, "ETag"), dependencies=WRITES)
    async def change_dashboard(
        *,
        dashboard_id: DashboardId,
        patch: Sent[DashboardPatch],
        caller: CallerOf,
        access: AccessOf,
        response: Response,
        if_match: IfMatch = None,
    ) -> Dashboard:
        """Content (title, description, settings, layout) in one piece, or one of the flags.

        Content is a user's to change, and everyone who has the dashboard open sees it at once.
        """
        check_one_kind(patch)
        await access.ask(dashboard_id, "read", "dashboard")
        seen = await contents.read(dashboard_id)
        must_stay = check_match(if_match, version_tag(seen.dashboard.version))
        if patch.is_archived is not None:
            archived = patch.is_archived
            await dashboards.archive(dashboard_id, caller.actor, is_archived=archived)
        elif patch.is_public is not None:
            await dashboards.publish(dashboard_id, caller.actor, is_public=patch.is_public)
        elif edits := dashboard_edits(patch):
            guard = ANYTHING if must_stay else None
            await contents.edit(caller, access, seen, edits, guard)
        content = await contents.read(dashboard_id)
        _tag(content, response)
        return content.dashboard


def _add_endings(router: APIRouter, around: HttpSurroundings) -> None:
    dashboards = around.stores.identity.dashboards

    @router.put("/{dashboardId}/owner", responses=CHANGES, dependencies=WRITES)
    async def hand_over(
        dashboard_id: DashboardId, new_owner: Sent[NewOwner], caller: CallerOf
    ) -> DashboardMetadata:
        """To another user; who owned it stays as an admin."""
        return await dashboards.transfer(dashboard_id, new_owner.user_id, caller.actor)

    @router.delete("/{dashboardId}", status_code=204, responses=CHANGES, dependencies=WRITES)
    async def delete_dashboard(dashboard_id: DashboardId, caller: CallerOf) -> None:
        """With its history, for good. To put one away, archive it."""
        await dashboards.delete_dashboard(dashboard_id, caller.actor)


def check_widgets(order: DashboardOrder, types: WidgetTypes) -> None:
    """Raises WeftError invalid_message with all that is wrong in any of them."""
    problems = [
        problem._replace(field=f"widgets.{ordinal}.{problem.field}")
        for ordinal, widget in enumerate(order.widgets)
        for problem in types.problems(widget.type, widget.config, widget.data)
    ]
    if problems:
        raise invalid(problems)


def _shown(summary: DashboardSummary, caller: Caller, access: Access) -> bool:
    if caller.is_host:
        return True
    return access.shows(
        Subject.compile(summary.role, summary.permissions, is_public=summary.dashboard.is_public)
    )


def _listed(summary: DashboardSummary) -> DashboardListed:
    return DashboardListed.model_construct(
        **dict(summary.dashboard),
        role=summary.role,
        permissions=summary.permissions,
        collaborator_count=summary.collaborator_count,
    )


def _tag(content: DashboardContent, response: Response) -> None:
    response.headers["ETag"] = version_tag(content.dashboard.version)
