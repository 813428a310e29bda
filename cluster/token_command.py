"""`weft token`: a session for a user, and its token, which is told this once."""

import argparse

from cluster.http_admin_access import Answer, carry_out, find_user
from cluster.settings import Settings
from weft.client.admin import AdminClient
from weft.models import SessionCreate


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def open_session(admin: AdminClient) -> Answer:
        user = await find_user(admin, arguments.user)
        wanted = {"userId": str(user.id)}
        if arguments.ttl is not None:
            wanted |= {"ttlSeconds": arguments.ttl}
        session = await admin.sessions.open(SessionCreate.from_wire(wanted))
        return {"session": session.to_wire()}, [session.token]

    return carry_out(settings, arguments.http, arguments.json, open_session)
