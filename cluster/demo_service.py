"""Makes what there is to try Weft out with, through the HTTP API, and only what is not there."""

from collections.abc import Awaitable
from uuid import UUID

from cluster import demo
from weft.client.admin import AdminClient
from weft.errors import WeftError
from weft.models import User, UserCreate
from weft.wire.http import CollaboratorOrder


async def make_demo(made_for: AdminClient) -> None:
    """At every start: what somebody has deleted is there again, what they changed stays so."""
    async with made_for as admin:
        people = {user.username: await _user(admin, user) for user in demo.users()}
        owner, *others = people.values()
        for order in demo.dashboards(owner.id):
            if await _is_new(admin.dashboards.create(order)) and order.id is not None:
                await _share(admin, order.id, others)
        kept = {each.name async for each in admin.templates.all()}
        for template in demo.templates():
            if template.name not in kept:
                await admin.templates.create(template)


async def _user(admin: AdminClient, user: UserCreate) -> User:
    found = await admin.users.find(username=user.username)
    return found or await admin.users.create(user)


async def _share(admin: AdminClient, dashboard_id: UUID, others: list[User]) -> None:
    for user in others:
        order = {"userId": str(user.id), "role": demo.ROLES[user.username], "isAccepted": True}
        await admin.collaborators.invite(dashboard_id, CollaboratorOrder.from_wire(order))


async def _is_new(making: Awaitable[object]) -> bool:
    try:
        await making
    except WeftError as error:
        if error.code != "conflict":
            raise
        return False
    return True
