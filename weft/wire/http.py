"""What is asked and answered over HTTP beyond the models themselves: one type for both sides."""

from hashlib import blake2b
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import ConfigDict, Field

from weft.errors import Fault, Retry
from weft.limits import USER_NOTICE_MAX_CHARACTERS
from weft.models import (
    Collaborator,
    CollaboratorInvite,
    Dashboard,
    DashboardCreate,
    DashboardMetadata,
    Permission,
    Record,
    UserProfile,
    Widget,
)
from weft.models.field import Flag, Instant, Text, Whole
from weft.models.json_content import JsonObject
from weft.models.permission import Role
from weft.wire.messages import DocumentObject, Submission

Item = TypeVar("Item")


class ProblemAnswer(Record):
    """`application/problem+json`: `code`, `fault` and `retry` are those of weft/errors.py.

    What helps to mend it comes as further fields, `errors` among them for `invalid_message`.
    """

    model_config = ConfigDict(extra="allow")

    type: str  # urn:weft:error:{code}
    title: str
    status: int
    detail: str
    code: str
    message: str
    fault: Fault
    retry: Retry
    retry_after_ms: Whole | None = None


class Listed(Record, Generic[Item]):
    """One page. `nextCursor` is the `after` of the next; absent on the last."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


class DashboardListed(DashboardMetadata):
    """`role` absent: nobody there, it is public. `collaboratorCount`: without the owner."""

    role: Role | None = None
    permissions: tuple[Permission, ...] = ()
    collaborator_count: Whole


class DashboardFound(DashboardListed):
    """`rank` compares within one search only."""

    rank: float


class DashboardWithWidgets(Dashboard):
    """All of it at `version`, in one piece. `role` absent: asked by the host product.

    `owner`: for who may see who shares it.
    """

    role: Role | None = None
    owner: UserProfile | None = None
    widgets: tuple[Widget, ...]


class CollaboratorListed(Collaborator):
    user: UserProfile | None = None


class OperationsListed(Record):
    """Versions after the one asked for, rising. `nextVersion`: the next page's; absent: all."""

    submissions: tuple[Submission, ...]
    head_version: Whole
    next_version: Whole | None = None


class CheckpointsListed(Record):
    """Versions of the states that are stored, rising."""

    versions: tuple[int, ...]


class CheckpointAnswer(Record):
    version: Whole
    state: DocumentObject


class Online(Record):
    """Who has the dashboard open now."""

    users: tuple[UserProfile, ...]


class UserConnection(Record):
    """An open socket. It is closed when its session ends."""

    connection_id: str
    session_id: UUID
    gateway_id: str
    dashboard_ids: tuple[UUID, ...]
    since: Instant


class UserConnections(Record):
    items: tuple[UserConnection, ...]


class WidgetTypeShown(Record):
    """`isCustom`: added by this deployment. The schemas are JSON Schemas; {} says nothing."""

    name: str
    is_custom: Flag
    config_schema: JsonObject
    data_schema: JsonObject


class NoticeOrder(Record):
    """For a user to read, as plain text."""

    text: Annotated[Text, Field(min_length=1, max_length=USER_NOTICE_MAX_CHARACTERS)]


class NoticeTold(Record):
    connections: Whole  # that were open; what nobody heard is not kept


class SessionsEnded(Record):
    session_ids: tuple[UUID, ...]


class Health(Record):
    status: str
    gateway_id: str


class Readiness(Record):
    """`checks` by name: "ok", or what is wrong."""

    ready: Flag
    checks: dict[str, str]


class DashboardOrder(DashboardCreate):
    """`ownerId`: needed with the admin key, otherwise the caller. `id`: absent, one is drawn."""

    owner_id: UUID | None = None
    id: UUID | None = None


class CollaboratorOrder(CollaboratorInvite):
    """`isAccepted`: without asking the invited. For the host product alone."""

    is_accepted: Flag = False


class NewOwner(Record):
    user_id: UUID


def version_tag(version: int) -> str:
    """The ETag of a dashboard."""
    return f'"{version}"'


def record_tag(record: Record) -> str:
    """The ETag of everything else: of what is shown, without what moves by itself."""
    content = record.model_dump(mode="json", exclude=set(_MOVING))
    digest = blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16)
    return f'"{digest.hexdigest()}"'


_MOVING: Final = frozenset(
    {"last_seen_at", "last_accessed_at", "last_activity_at", "updated_at", "updated_by"}
    | {"created_at", "created_by", "version"}  # of a widget: settled by the next checkpoint
)
