"""Makes the stage of a load test, over HTTP with the admin key: users, sessions, dashboards."""

import asyncio
from uuid import UUID, uuid4

from cluster.http_tls_trust import local_admin
from loadtests.stage import Stage, StagedDashboard
from weft.client.admin import AdminClient
from weft.models import SessionCreate, UserCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

BLOCKS = 5  # text widgets that are dragged about, on each dashboard
CHARTS = 5  # widgets that are fed
AT_ONCE = 8  # requests under way


async def prepare(
    ws: str, http: str, admin_key: str, *, dashboards: int, people: int, tls_cert: str | None = None
) -> Stage:
    """`people`: in all, each with a session of their own. Raises the WeftError of the API."""
    room = asyncio.Semaphore(AT_ONCE)
    async with local_admin(http, admin_key, tls_cert) as admin:
        shares = [len(range(number, people, dashboards)) for number in range(dashboards)]
        making = [_dashboard(admin, room, max(1, share)) for share in shares]
        return Stage(ws, await asyncio.gather(*making))


async def _dashboard(admin: AdminClient, room: asyncio.Semaphore, people: int) -> StagedDashboard:
    users = await asyncio.gather(*(_user(admin, room) for _ in range(people)))
    (owner, _), *others = users
    text, *blocks = (str(uuid4()) for _ in range(1 + BLOCKS))
    charts = [str(uuid4()) for _ in range(CHARTS)]
    widgets = [_widget("text", each, number) for number, each in enumerate((text, *blocks))]
    widgets += [_widget("chart", each, len(widgets) + number) for number, each in enumerate(charts)]
    order = {"ownerId": str(owner), "title": "Load test", "widgets": widgets}
    async with room:
        made = await admin.dashboards.create(DashboardOrder.from_wire(order))
    for user, _ in others:
        share = CollaboratorOrder(user_id=user, role="editor", is_accepted=True)
        async with room:
            await admin.collaborators.invite(made.id, share)
    return StagedDashboard(str(made.id), text, blocks, charts, [token for _, token in users])


async def _user(admin: AdminClient, room: asyncio.Semaphore) -> tuple[UUID, str]:
    name = f"load-{uuid4().hex[:16]}"
    async with room:
        user = await admin.users.create(UserCreate(email=f"{name}@example.org", username=name))
        return user.id, (await admin.sessions.open(SessionCreate(user_id=user.id))).token


def _widget(kind: str, widget_id: str, number: int) -> dict[str, object]:
    place = {"x": number % 3 * 4, "y": number // 3 * 3, "width": 4, "height": 3}
    config = {"text": ""} if kind == "text" else {"chartType": "line"}
    return {"id": widget_id, "type": kind, "position": place, "config": config}
