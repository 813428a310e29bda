"""`weft move`: sends a dashboard to an owner, while people go on editing it."""

import argparse

from cluster.http_admin_access import Answer, carry_out, dashboard_id
from cluster.settings import Settings
from weft.client.admin import AdminClient


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def move(admin: AdminClient) -> Answer:
        dashboard = dashboard_id(arguments.dashboard)
        await admin.cluster.move(dashboard, arguments.owner)
        told = {"dashboard_id": str(dashboard), "owner": arguments.owner}
        return told, [f"{dashboard} is at {arguments.owner}"]

    return carry_out(settings, arguments.http, arguments.json, move)
