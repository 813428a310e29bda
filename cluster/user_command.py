"""`weft user add` and `weft user list`: the accounts, as the host product tells of them."""

import argparse

from cluster.http_admin_access import Answer, all_to_json, carry_out, shown
from cluster.settings import Settings
from weft.client.admin import AdminClient
from weft.models import User, UserCreate


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def add(admin: AdminClient) -> Answer:
        wanted = {
            "email": arguments.email,
            "username": arguments.username or arguments.email.partition("@")[0],
            "fullName": arguments.full_name,
        }
        user = await admin.users.create(UserCreate.from_wire(wanted))
        return {"user": user.to_wire()}, [_line(user)]

    async def list_all(admin: AdminClient) -> Answer:
        users = [user async for user in admin.users.all(arguments.begins)]
        lines = [*map(_line, users), f"{len(users)} users"]
        return {"users": all_to_json(users)}, lines

    work = add if arguments.verb == "add" else list_all
    return carry_out(settings, arguments.http, arguments.json, work)


def _line(user: User) -> str:
    parts = [str(user.id), user.username, f"<{user.email}>", user.full_name or ""]
    if not user.is_active:
        parts.append("(inactive)")
    return shown("  ".join(filter(None, parts)))
