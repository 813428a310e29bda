"""Who did what is kept of every change that can be asked for over HTTP: identity, sharing, standing
and administration in the audit trail, content in the log of its dashboard, under its author.

(That an entry and its change commit together is for test_what_a_transaction_records_goes_with_it
and test_sharing_contract.)
"""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest

from tests.gateway.http_world import TEXT, HttpWorld, Person
from weft.models import TemplateCreate, WebhookOrder

pytestmark = pytest.mark.store

LOG: Final = "in the log of the dashboard"
NOTHING: Final = "changes nothing that is kept of who may do what, or of content"
D: Final = "/api/dashboards/{dashboardId}"
C, W = f"{D}/collaborators", f"{D}/widgets"
LAYOUT: Final[dict[str, Any]] = {"name": "Wall", "layout": []}

# Route, who asks, body, and where it is kept: in the order of one story.
STORY: Final[list[tuple[str, str, dict[str, Any] | None, str]]] = [
    (
        "POST /api/users",
        "host",
        {"email": "story@example.org", "username": "story"},
        "user.created",
    ),
    ("PATCH /api/users/{userId}", "host", {"fullName": "Bo"}, "user.changed"),
    ("PATCH /api/users/{userId}", "bob", {"fullName": "Bob"}, "user.changed"),
    ("POST /api/users/{userId}/notices", "host", {"text": "Hello"}, NOTHING),
    ("POST /api/sessions", "host", {"userId": "{userId}"}, "session.opened"),
    ("DELETE /api/sessions/{sessionId}", "host", None, "session.ended"),
    ("DELETE /api/sessions?userId={userId}", "host", None, "user.sessions_ended"),
    ("POST /api/dashboards", "ann", {"title": "Sales"}, "dashboard.created"),
    (f"PATCH {D}", "ann", {"title": "Q3"}, LOG),
    (f"PATCH {D}", "ann", {"settings": {"theme": "dark"}}, LOG),
    (f"PATCH {D}", "ann", {"isPublic": True}, "dashboard.published"),
    (f"PATCH {D}", "ann", {"isPublic": False}, "dashboard.withdrawn"),
    (f"PATCH {D}", "ann", {"isArchived": True}, "dashboard.archived"),
    (f"PATCH {D}", "host", {"isArchived": False}, "dashboard.restored"),
    (f"POST {W}", "ann", TEXT, LOG),
    (f"PATCH {W}/{{widgetId}}", "ann", {"title": "Notes"}, LOG),
    (f"PUT {W}/{{widgetId}}/data", "ann", {"value": {"now": 1}}, NOTHING),
    (f"DELETE {W}/{{widgetId}}", "ann", None, LOG),
    (f"POST {C}", "ann", {"userId": "{userId}", "role": "viewer"}, "collaborator.invited"),
    (f"POST {C}/{{userId}}/accept", "host", None, "collaborator.accepted"),
    (f"PATCH {C}/{{userId}}", "ann", {"role": "editor"}, "collaborator.changed"),
    (f"DELETE {C}/{{userId}}", "ann", None, "collaborator.removed"),
    (
        f"POST {C}",
        "host",
        {"userId": "{userId}", "role": "viewer", "isAccepted": True},
        "collaborator.added",
    ),
    (f"PUT {D}/place", "host", {"ownerId": "owner-1"}, "dashboard.moved"),
    (f"PUT {D}/owner", "ann", {"userId": "{userId}"}, "dashboard.transferred"),
    (f"DELETE {D}", "host", None, "dashboard.deleted"),
    ("DELETE /api/users/{userId}", "host", None, "user.deleted"),
    ("POST /api/templates", "host", LAYOUT, "template.created"),
    ("PUT /api/templates/{templateId}", "host", LAYOUT, "template.replaced"),
    ("DELETE /api/templates/{templateId}", "host", None, "template.deleted"),
    ("POST /api/webhooks", "host", {"url": "https://hook.invalid/"}, "webhook.created"),
    (
        "POST /api/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver",
        "host",
        None,
        "webhook.redelivered",
    ),
    ("PATCH /api/webhooks/{webhookId}", "host", {"isActive": False}, "webhook.paused"),
    ("PATCH /api/webhooks/{webhookId}", "host", {"isActive": True}, "webhook.resumed"),
    ("DELETE /api/webhooks/{webhookId}", "host", None, "webhook.deleted"),
]


@dataclass
class Stage:
    api: HttpWorld
    ann: Person
    bob: Person
    places: dict[str, str]
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tokens = {"ann": self.ann.token, "bob": self.bob.token, "host": None}
        self.clients = {who: self.api.raw(token) for who, token in tokens.items()}

    async def ask(self, who: str, route: str, body: dict[str, Any] | None) -> httpx.Response:
        method, path = self.filled(route).split(" ")
        said = body and {
            name: self.filled(value) if isinstance(value, str) else value
            for name, value in body.items()
        }
        headers = {"User-Agent": "story/1"}
        return await self.clients[who].request(method, path, json=said, headers=headers)

    def filled(self, text: str) -> str:
        for name, value in self.places.items():
            text = text.replace("{" + name + "}", value)
        return text

    async def newest(self) -> dict[str, Any]:
        answer = await self.clients["host"].get("/api/audit", params={"limit": "1"})
        (entry,) = answer.json()["items"]
        return dict(entry)

    async def head(self) -> tuple[int, str]:
        """Of the log: its version, and who wrote last."""
        path = self.filled(f"{D}/operations")
        listed = (await self.clients["host"].get(path)).json()
        submissions = listed.get("submissions") or [{"userId": ""}]
        return listed.get("headVersion", 0), submissions[-1]["userId"]


@pytest.fixture
async def stage(api: HttpWorld) -> Stage:
    ann, bob = await api.person(), await api.person()
    dashboard = await api.dashboard(ann)
    widget = await api.widget(ann, dashboard)
    template = await api.stores.templates.create_template(TemplateCreate.from_wire(LAYOUT))
    webhook = await api.host.webhooks.create(WebhookOrder(url="https://hook.invalid/"))
    places = {
        "dashboardId": str(dashboard.id),
        "widgetId": str(widget.id),
        "userId": str(bob.id),
        "sessionId": str(bob.session_id),
        "templateId": str(template.id),
        "webhookId": str(webhook.id),
        "deliveryId": str(await dead_letter(api, str(webhook.id))),
    }
    return Stage(api, ann, bob, places)


async def dead_letter(api: HttpWorld, webhook_id: str) -> int:
    outbox = api.stores.outbox
    await outbox.record(f"story.{uuid4()}", {})
    (event,) = await outbox.claim_events({UUID(webhook_id): 1})
    await outbox.failed(event, "no such host", None)
    return event.id


async def test_every_change_over_http_is_kept_under_who_made_it(stage: Stage) -> None:
    for route, who, body, kept in STORY:
        audited, (version, _) = await stage.newest(), await stage.head()
        answer = await stage.ask(who, route, body)
        assert answer.is_success, (route, answer.text)
        entry, (head, author) = await stage.newest(), await stage.head()
        if kept in (LOG, NOTHING):
            assert entry == audited, route
            assert head == version + (kept == LOG), route
            assert kept == NOTHING or author == str(stage.ann.id)
            continue
        assert (entry["id"] != audited["id"], entry["action"]) == (True, kept), route
        people = {"ann": str(stage.ann.id), "bob": str(stage.bob.id), "host": None}
        assert entry.get("userId") == people[who], route
        assert (entry["userAgent"], entry["ipAddress"]) == ("story/1", "127.0.0.1"), route


async def test_no_route_that_changes_something_is_missing_from_the_story(api: HttpWorld) -> None:
    paths = (await api.raw().get("/openapi.json")).json()["paths"]
    changing = {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in operations
        if method != "get"
    }
    assert changing == {route.partition("?")[0] for route, *_ in STORY}
