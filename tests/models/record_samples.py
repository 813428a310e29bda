"""Of every model: the least that it takes, and what else it is then shown with."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from weft.models import (
    AuditLog,
    Collaborator,
    CollaboratorInvite,
    CollaboratorPatch,
    CursorPosition,
    Dashboard,
    DashboardCreate,
    DashboardMetadata,
    DashboardPatch,
    DashboardSettings,
    DashboardTemplate,
    Delivery,
    DeviceInfo,
    IssuedSession,
    IssuedWebhook,
    Permission,
    Presence,
    Present,
    Record,
    SelectionRange,
    Session,
    SessionCreate,
    TemplateCreate,
    User,
    UserCreate,
    UserPatch,
    UserProfile,
    Viewport,
    WebhookOrder,
    WebhookPatch,
    WebhookShown,
    Widget,
    WidgetCreate,
    WidgetLayout,
    WidgetPatch,
    WidgetPosition,
)

A, B, C = (str(UUID(int=number)) for number in (1, 2, 3))
NOON = "2030-01-01T12:00:00Z"
PLACE = {"x": 1, "y": 2.5, "width": 3, "height": 4}
RANGE = {"startElementId": "t", "startOffset": 4, "endElementId": "t", "endOffset": 1}
NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
JUST_MADE = {"createdAt": NOON, "updatedAt": NOON}
PERMISSION = {
    "action": "write",
    "resource": "widget",
    "conditions": {
        "widgetTypes": ["text"],
        "timeRange": {"start": NOON, "end": "2030-01-02T12:00:00Z"},
        "ipWhitelist": ["10.0.0.0/8"],
    },
}
SAMPLES: list[tuple[type[Record], dict[str, Any], dict[str, Any]]] = [
    # model, the least that makes one, what its defaults add
    (
        User,
        {"id": A, "email": "ada@example.com", "username": "ada", **JUST_MADE},
        {"isActive": True, "metadata": {}},
    ),
    (UserCreate, {"email": "ada@example.com", "username": "ada"}, {"metadata": {}}),
    (UserProfile, {"id": A, "username": "ada"}, {}),
    (UserPatch, {}, {}),
    (
        Dashboard,
        {"id": A, "title": "Sales", "ownerId": B, **JUST_MADE},
        {"isPublic": False, "isArchived": False, "version": 0, "settings": {}, "layout": []},
    ),
    (
        DashboardMetadata,
        {"id": A, "title": "Sales", "ownerId": B, **JUST_MADE},
        {"isPublic": False, "isArchived": False, "version": 0},
    ),
    (
        DashboardCreate,
        {"title": "Sales"},
        {"isPublic": False, "settings": {}, "layout": [], "widgets": []},
    ),
    (DashboardPatch, {}, {}),
    (
        DashboardSettings,
        {"theme": "dark", "gridSize": 8, "snapToGrid": True, "showGrid": False, "autoSave": True,
         "collaborationMode": "realtime"},
        {},
    ),
    (WidgetLayout, {"id": A, **PLACE, "minWidth": 1, "isLocked": True}, {}),
    (
        Widget,
        {"id": A, "dashboardId": B, "type": "gauge", "position": PLACE, **JUST_MADE},
        {"config": {}, "data": {}, "version": 1, "isLocked": False},
    ),
    (
        WidgetCreate,
        {"type": "text", "position": PLACE},
        {"config": {}, "data": {}, "isLocked": False},
    ),
    (WidgetPatch, {}, {}),
    (WidgetPosition, {**PLACE, "zIndex": -1}, {}),
    (
        Collaborator,
        {"id": A, "dashboardId": B, "userId": C, "role": "editor", "invitedAt": NOON},
        {"isActive": True, "permissions": []},
    ),
    (CollaboratorInvite, {"userId": A, "role": "viewer"}, {"permissions": []}),
    (CollaboratorPatch, {}, {}),
    (Permission, PERMISSION, {}),
    (
        Presence,
        {
            "userId": A,
            "user": {"id": A, "username": "ada", "color": "#ff0000"},
            "cursor": {"x": 1, "y": 2},
            "selection": [RANGE],
            "viewport": {"x": 0, "y": 0, "width": 800, "height": 600, "zoom": 1.5},
            "isActive": True,
            "lastUpdate": NOON,
        },
        {},
    ),
    (
        Present,
        {
            "userId": A,
            "user": {"id": A, "username": "ada", "color": "#ff0000"},
            "isActive": False,
            "lastUpdate": NOON,
            "connectionId": B,
            "replicaId": C,
            "version": 7,
        },
        {},
    ),
    (CursorPosition, {"x": 1, "y": 2, "elementId": "t", "path": ["config"], "offset": 3}, {}),
    (SelectionRange, RANGE, {}),
    (Viewport, {"x": 0, "y": 0, "width": 1, "height": 1, "zoom": 1}, {}),
    (
        Session,
        {"id": A, "userId": B, "createdAt": NOON, "expiresAt": NOON, "lastActivityAt": NOON,
         "ipAddress": "10.0.0.1"},
        {"isActive": True, "deviceInfo": {}},
    ),
    (
        IssuedSession,
        {"id": A, "userId": B, "createdAt": NOON, "expiresAt": NOON, "lastActivityAt": NOON,
         "token": "secret"},
        {"isActive": True, "deviceInfo": {}},
    ),
    (SessionCreate, {"userId": A}, {"deviceInfo": {}, "ttlSeconds": 86_400}),
    (DeviceInfo, {"userAgent": "curl/8", "isMobile": False}, {}),
    (
        AuditLog,
        {"id": A, "action": "share", "entityType": "dashboard", "createdAt": NOON,
         "oldValues": {"role": None}, "newValues": {"role": "editor"}},
        {},
    ),
    (
        TemplateCreate,
        {"name": "Monitoring", "layout": [{"id": A, **PLACE}]},
        {"defaultWidgets": [], "isPublic": True},
    ),
    (
        DashboardTemplate,
        {"id": A, "createdAt": NOON, "name": "Monitoring", "layout": []},
        {"defaultWidgets": [], "isPublic": True},
    ),
    (WebhookOrder, {"url": "https://example.org/hook"}, {"topics": ["*"]}),
    (WebhookPatch, {"isActive": False}, {}),
    (
        WebhookShown,
        {"id": A, "url": "https://example.org/hook", "isActive": True, "createdAt": NOON},
        {"topics": ["*"]},
    ),
    (
        IssuedWebhook,
        {"id": A, "url": "https://example.org/hook", "isActive": True, "createdAt": NOON,
         "secret": "s"},
        {"topics": ["*"]},
    ),
    (
        Delivery,
        {"id": 1, "eventId": A, "topic": "user.created", "state": "dead", "data": {},
         "createdAt": NOON, "attempts": 2, "lastError": "410", "diedAt": NOON},
        {},
    ),
]  # fmt: skip
MODELS = [model for model, _, _ in SAMPLES]
