"""The data model: what is stored, told and asked for, and who may do what.

Pure: pydantic, the errors and the limits, nothing else. One file per subject.
"""

from weft.models.address import parse_address, parse_network
from weft.models.audit import AuditLog
from weft.models.collaborator import Collaborator, CollaboratorInvite, CollaboratorPatch
from weft.models.dashboard import (
    Dashboard,
    DashboardCreate,
    DashboardMetadata,
    DashboardPatch,
    DashboardSettings,
    WidgetLayout,
)
from weft.models.decision import Context, Decision, Resource, decide, may_give, may_read
from weft.models.permission import Permission, PermissionConditions, TimeRange
from weft.models.presence import (
    CursorPosition,
    Presence,
    PresenceUser,
    Present,
    SelectionRange,
    Viewport,
)
from weft.models.problem import Problem, invalid, problems_of
from weft.models.record import Patch, Record
from weft.models.requirement import Need, WidgetFacts, first_refused, required_for
from weft.models.session import DeviceInfo, IssuedSession, Session, SessionCreate
from weft.models.subject import Subject
from weft.models.template import DashboardTemplate, TemplateCreate
from weft.models.user import User, UserCreate, UserPatch, UserProfile
from weft.models.webhook import (
    Delivery,
    IssuedWebhook,
    WebhookOrder,
    WebhookPatch,
    WebhookShown,
)
from weft.models.widget import Widget, WidgetCreate, WidgetPatch, WidgetPosition
from weft.models.widget_content import WidgetConfig, WidgetData
from weft.models.widget_types import SEED_WIDGET_TYPES, WidgetKind, WidgetTypes

__all__ = [
    "SEED_WIDGET_TYPES",
    "AuditLog",
    "Collaborator",
    "CollaboratorInvite",
    "CollaboratorPatch",
    "Context",
    "CursorPosition",
    "Dashboard",
    "DashboardCreate",
    "DashboardMetadata",
    "DashboardPatch",
    "DashboardSettings",
    "DashboardTemplate",
    "Decision",
    "Delivery",
    "DeviceInfo",
    "IssuedSession",
    "IssuedWebhook",
    "Need",
    "Patch",
    "Permission",
    "PermissionConditions",
    "Presence",
    "PresenceUser",
    "Present",
    "Problem",
    "Record",
    "Resource",
    "SelectionRange",
    "Session",
    "SessionCreate",
    "Subject",
    "TemplateCreate",
    "TimeRange",
    "User",
    "UserCreate",
    "UserPatch",
    "UserProfile",
    "Viewport",
    "WebhookOrder",
    "WebhookPatch",
    "WebhookShown",
    "Widget",
    "WidgetConfig",
    "WidgetCreate",
    "WidgetData",
    "WidgetFacts",
    "WidgetKind",
    "WidgetLayout",
    "WidgetPatch",
    "WidgetPosition",
    "WidgetTypes",
    "decide",
    "first_refused",
    "invalid",
    "may_give",
    "may_read",
    "parse_address",
    "parse_network",
    "problems_of",
    "required_for",
]
