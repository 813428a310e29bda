"""What the commands about people and dashboards share: the way to a running system, and finding
users by whatever one knows of them.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from cluster.data_dir_file import find_running
from cluster.http_tls_trust import local_admin
from cluster.settings import Settings
from weft.client.admin import AdminClient
from weft.errors import WeftError
from weft.models import Record, User

Answer = tuple[dict[str, Any], list[str]]  # as JSON, and as lines for people
Work = Callable[[AdminClient], Awaitable[Answer]]


def carry_out(settings: Settings, http: str | None, as_json: bool, work: Work) -> int:
    """Do it on the system at `http`, or on the one that runs on the data directory, and tell."""
    told, lines = asyncio.run(_carry_out(_client(settings, http), work))
    if as_json:
        print(json.dumps(told))
    elif lines:
        print("\n".join(lines))
    return 0


async def _carry_out(admin: AdminClient, work: Work) -> Answer:
    async with admin:
        return await work(admin)


def _client(settings: Settings, http: str | None) -> AdminClient:
    """Raises WeftError misconfigured."""
    key = settings.admin_key.get_secret_value() if settings.admin_key else None
    if http is not None:
        if key is None:
            message = "--http and --admin-key (or WEFT_ADMIN_KEY) belong together."
            raise WeftError("misconfigured", message)
        return AdminClient(http, key)
    running = find_running(settings.data_dir)
    if running is None:
        message = (
            f"No Weft runs on {settings.data_dir}: start one with `weft up`, "
            "or name one with --http and --admin-key."
        )
        raise WeftError("misconfigured", message)
    return local_admin(running.http, key or running.admin_key, running.tls_cert)


async def find_user(admin: AdminClient, known: str) -> User:
    """By id, username or email. Raises WeftError not_found."""
    try:
        return await admin.users.read(UUID(known))
    except ValueError:  # no id
        pass
    found = await admin.users.find(username=known) or await admin.users.find(email=known)
    if found is None:
        raise WeftError("not_found", f"There is no user {known}.")
    return found


def dashboard_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise WeftError(
            "misconfigured", f"{text!r} is no dashboard's id, which is a UUID"
        ) from None


def shown(text: str) -> str:
    """What users have chosen, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def all_to_json(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record.to_wire() for record in records]
