"""`weft dashboards`: what a user has, or finds; and a new one for them."""

import argparse

from cluster.http_admin_access import Answer, all_to_json, carry_out, find_user, shown
from cluster.settings import Settings
from weft.client.admin import AdminClient
from weft.client.admin_dashboards import Archived
from weft.wire.http import DashboardListed, DashboardOrder


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def list_all(admin: AdminClient) -> Answer:
        user = await find_user(admin, arguments.user)
        archived: Archived = "any" if arguments.archived else "false"
        if arguments.search is None:
            listed = admin.dashboards.all(user.id, archived)
        else:
            listed = admin.dashboards.search(arguments.search, user.id, archived)
        found = [dashboard async for dashboard in listed]
        lines = [*map(_line, found), f"{len(found)} dashboards"]
        return {"dashboards": all_to_json(found)}, lines

    async def add(admin: AdminClient) -> Answer:
        user = await find_user(admin, arguments.user)
        order = DashboardOrder.from_wire({"ownerId": str(user.id), "title": arguments.title})
        made = await admin.dashboards.create(order)
        return {"dashboard": made.to_wire()}, [shown(f"{made.id}  {made.title}")]

    work = add if arguments.verb == "add" else list_all
    return carry_out(settings, arguments.http, arguments.json, work)


def _line(dashboard: DashboardListed) -> str:
    marks: list[str] = [dashboard.role or "public"]
    if dashboard.is_archived:
        marks.append("archived")
    if dashboard.collaborator_count:
        marks.append(f"{dashboard.collaborator_count} collaborators")
    return shown(f"{dashboard.id}  {dashboard.title}  ({', '.join(marks)})")
