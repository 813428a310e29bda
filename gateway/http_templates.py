"""Templates over HTTP: the host product keeps them, everybody may begin a dashboard with a public
one. Every change is told in the audit trail, in its own transaction.
"""

from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query, Response

from gateway.access import Caller
from gateway.http_preconditions import IfMatch, changed, check_match
from gateway.http_problems import documented, telling
from gateway.http_requests import WRITES, After, ApiRoute, CallerOf, Limit, QueryText, Sent
from gateway.http_surroundings import HttpSurroundings
from storage.query_ports import AuditEntry, Templates
from weft.errors import WeftError
from weft.limits import PAGE_DEFAULT_ITEMS, TEMPLATE_CATEGORY_MAX_CHARACTERS
from weft.models import DashboardTemplate, TemplateCreate, WidgetTypes, invalid
from weft.wire.http import Listed, record_tag

READS: Final = documented()
CHANGES: Final = documented(writes=True)
TemplateId = Annotated[UUID, Path(alias="templateId")]
Category = Annotated[QueryText | None, Query(max_length=TEMPLATE_CATEGORY_MAX_CHARACTERS)]


def template_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/templates", tags=["templates"], route_class=ApiRoute)
    _add_reading(router, around.stores.templates)
    _add_changes(router, around.stores.templates, around.widget_types)
    return router


def _add_reading(router: APIRouter, templates: Templates) -> None:
    @router.get("", responses=READS)
    async def list_templates(
        caller: CallerOf,
        category: Category = None,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[DashboardTemplate]:
        """By name. Those that are not public, the host product alone sees."""
        page = await templates.templates(
            category=category, public_only=not caller.is_host, after=after, limit=limit
        )
        return Listed[DashboardTemplate](items=page.items, next_cursor=page.next_cursor)

    @router.get("/{templateId}", responses=telling(READS, 200, "ETag"))
    async def read_template(
        template_id: TemplateId, caller: CallerOf, response: Response
    ) -> DashboardTemplate:
        return _tagged(await _visible(templates, caller, template_id), response)


def _add_changes(router: APIRouter, templates: Templates, types: WidgetTypes) -> None:
    @router.post(
        "",
        status_code=201,
        responses=telling(CHANGES, 201, "ETag", "Location"),
        dependencies=WRITES,
    )
    async def create_template(
        template: Sent[TemplateCreate], caller: CallerOf, response: Response
    ) -> DashboardTemplate:
        """For the host product."""
        caller.ask_host()
        _check(template, types)
        template_id = caller.request_id or uuid4()
        entry = _entry("template.created", caller, template_id, None, template)
        made = await templates.create_template(template, template_id, entry)
        response.headers["Location"] = f"/api/templates/{made.id}"
        return _tagged(made, response)

    @router.put("/{templateId}", responses=telling(CHANGES, 200, "ETag"), dependencies=WRITES)
    async def replace_template(
        template_id: TemplateId,
        template: Sent[TemplateCreate],
        caller: CallerOf,
        response: Response,
        if_match: IfMatch = None,
    ) -> DashboardTemplate:
        """For the host product. Dashboards that began with it stay as they are."""
        caller.ask_host()
        _check(template, types)
        seen = await _visible(templates, caller, template_id)
        must_stay = check_match(if_match, record_tag(seen))
        entry = _entry("template.replaced", caller, template_id, seen, template)
        expected = seen if must_stay else None
        try:
            new = await templates.replace_template(template_id, template, expected, entry)
        except WeftError as error:
            raise changed() if error.code == "conflict" else error from None
        if new is None:
            raise _unknown()
        return _tagged(new, response)

    @router.delete("/{templateId}", status_code=204, responses=CHANGES, dependencies=WRITES)
    async def delete_template(template_id: TemplateId, caller: CallerOf) -> None:
        """For the host product."""
        caller.ask_host()
        seen = await _visible(templates, caller, template_id)
        entry = _entry("template.deleted", caller, template_id, seen, None)
        if not await templates.delete_template(template_id, entry):
            raise _unknown()


async def _visible(templates: Templates, caller: Caller, template_id: UUID) -> DashboardTemplate:
    found = await templates.template(template_id)
    if found is None or not (found.is_public or caller.is_host):
        raise _unknown()
    return found


def _check(template: TemplateCreate, types: WidgetTypes) -> None:
    """Raises WeftError invalid_message with all that is wrong in any of its widgets."""
    problems = [
        problem._replace(field=f"defaultWidgets.{ordinal}.{problem.field}")
        for ordinal, widget in enumerate(template.default_widgets)
        for problem in types.problems(widget.type, widget.config, widget.data)
    ]
    if problems:
        raise invalid(problems)


def _entry(
    action: str,
    caller: Caller,
    template_id: UUID,
    old: TemplateCreate | None,
    new: TemplateCreate | None,
) -> AuditEntry:
    actor = caller.actor
    return AuditEntry(
        action,
        "template",
        template_id,
        old_values=old.to_wire() if old else None,
        new_values=new.to_wire() if new else None,
        ip_address=actor.address,
        user_agent=actor.user_agent,
    )


def _unknown() -> WeftError:
    return WeftError("not_found", "No such template.")


def _tagged(template: DashboardTemplate, response: Response) -> DashboardTemplate:
    response.headers["ETag"] = record_tag(template)
    return template
