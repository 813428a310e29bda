"""What became of a dashboard, over HTTP: its log page by page, its checkpoints, who is there."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from gateway.http_problems import documented
from gateway.http_requests import AccessOf, AfterVersion, ApiRoute, AtVersion, DashboardId
from gateway.http_surroundings import HttpSurroundings
from weft.errors import WeftError
from weft.limits import PAGE_DEFAULT_ITEMS, PAGE_MAX_ITEMS
from weft.wire.http import CheckpointAnswer, CheckpointsListed, Online, OperationsListed
from weft.wire.messages import Submission

READS: Final = documented()
OF_THE_LOG: Final = {**READS, 409: documented(writes=True)[409]}


def history_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(
        prefix="/api/dashboards/{dashboardId}", tags=["history"], route_class=ApiRoute
    )
    _add_log(router, around)
    _add_checkpoints(router, around)
    _add_online(router, around)
    return router


def _add_log(router: APIRouter, around: HttpSurroundings) -> None:
    queries = around.stores.queries

    @router.get("/operations", responses=OF_THE_LOG)
    async def operations_since(
        dashboard_id: DashboardId,
        access: AccessOf,
        version: AfterVersion = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX_ITEMS)] = PAGE_DEFAULT_ITEMS,
    ) -> OperationsListed:
        """What was committed after `version`, as transformed. `conflict` with `startVersion`: the
        log no longer reaches back so far; read the checkpoint at that version instead.
        """
        await access.ask_to_read(dashboard_id)
        page = await queries.operations_since(dashboard_id, version, limit)
        if page is None:
            raise WeftError("unknown_dashboard")
        return OperationsListed(  # checking costs less than constructing unchecked: 3 µs, not 4
            submissions=tuple(
                Submission.model_validate(each.to_wire(), strict=False) for each in page.submissions
            ),
            head_version=page.head_version,
            next_version=page.next_version,
        )


def _add_checkpoints(router: APIRouter, around: HttpSurroundings) -> None:
    log = around.stores.log

    @router.get("/checkpoints", responses=READS)
    async def list_checkpoints(dashboard_id: DashboardId, access: AccessOf) -> CheckpointsListed:
        """Those that the log leads on from."""
        await access.ask_to_read(dashboard_id)
        return CheckpointsListed(versions=await log.checkpoints(dashboard_id))

    @router.get("/checkpoints/{version}", responses=READS)
    async def read_checkpoint(
        dashboard_id: DashboardId, version: AtVersion, access: AccessOf
    ) -> CheckpointAnswer:
        """The whole state at that version."""
        await access.ask_to_read(dashboard_id)
        found = await log.read_checkpoint(dashboard_id, version)
        if found is None:
            raise WeftError("not_found", "There is no checkpoint at this version.")
        return CheckpointAnswer.model_construct(version=found.version, state=found.state)


def _add_online(router: APIRouter, around: HttpSurroundings) -> None:
    @router.get("/online", responses=READS)
    async def who_is_online(dashboard_id: DashboardId, access: AccessOf) -> Online:
        """Who has it open now, on any gateway."""
        await access.ask_to_read(dashboard_id)
        user_ids = await around.presence.users_present(dashboard_id)
        profiles = await around.stores.identity.users.profiles(user_ids)
        return Online(users=tuple(sorted(profiles.values(), key=lambda each: each.username)))
