"""`weft share`: gives a user a role on a dashboard, at once or, with --invite, when they accept."""

import argparse

from cluster.http_admin_access import Answer, carry_out, dashboard_id, find_user, shown
from cluster.settings import Settings
from weft.client.admin import AdminClient
from weft.wire.http import CollaboratorOrder


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def share(admin: AdminClient) -> Answer:
        where = dashboard_id(arguments.dashboard)
        user = await find_user(admin, arguments.user)
        order = CollaboratorOrder(
            user_id=user.id, role=arguments.role, is_accepted=not arguments.invite
        )
        shared = await admin.collaborators.invite(where, order)
        is_now = "is invited as" if shared.accepted_at is None else "is"
        line = shown(f"{user.username} {is_now} {shared.role} on {where}")
        return {"collaborator": shared.to_wire()}, [line]

    return carry_out(settings, arguments.http, arguments.json, share)
