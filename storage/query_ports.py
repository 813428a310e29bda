"""What is asked of storage beside live editing: pages of dashboards, history, people, audit.

Every list is paged by key, not by offset: a page costs the same wherever it lies, and what others
add or remove meanwhile neither repeats nor hides a row that stays where it is. A cursor is opaque
text; one that is garbage, or of another list, is refused (`invalid_message`, field `after`).

The queries show what somebody has access to by role or invitation. A permission list can narrow
that by address and time: ask `weft.models.decide` with the `permissions` that come along.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

from storage.ports import LoggedSubmission
from weft.limits import PAGE_DEFAULT_ITEMS, TAIL_MAX_VERSIONS
from weft.models import (
    AuditLog,
    Dashboard,
    DashboardMetadata,
    DashboardTemplate,
    Permission,
    TemplateCreate,
    UserProfile,
    Widget,
)
from weft.models.address import Address
from weft.models.permission import CollaboratorRole, Role

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next_cursor` is the `after` of the page that follows; None on the last."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class DashboardSummary:
    """A dashboard as somebody sees it in a list; last modified: `dashboard.updated_at`, which
    follows the edits at each checkpoint (`CHECKPOINT_EVERY_SECONDS`).
    """

    dashboard: DashboardMetadata
    role: Role | None  # of who asks; None: nobody here, sees it because it is public
    permissions: tuple[Permission, ...]  # the list of who asks
    collaborator_count: int  # active ones who have accepted; the owner is not one


@dataclass(frozen=True, slots=True)
class FoundDashboard:
    """A hit of a search; `rank` compares within one search only."""

    summary: DashboardSummary
    rank: float


@dataclass(frozen=True, slots=True)
class DashboardContent:
    """The rows of one dashboard in one snapshot, as of its newest checkpoint.

    `dashboard.version` is the head, which live editing may have brought further than
    `content_version`; the newest content of all is the owner's.
    """

    dashboard: Dashboard
    widgets: tuple[Widget, ...]  # in the order they were made
    content_version: int


@dataclass(frozen=True, slots=True)
class OperationsPage:
    """Versions after the one asked for, rising; `next_version` is the next page's `version`."""

    submissions: tuple[LoggedSubmission, ...]
    head_version: int
    next_version: int | None  # None: this was all


@dataclass(frozen=True, slots=True)
class ActiveCollaborator:
    """Somebody who takes part. Whether they are online, presence knows."""

    user: UserProfile
    role: CollaboratorRole
    accepted_at: datetime
    last_accessed_at: datetime | None


class Queries(Protocol):
    """The reading side. All limits are 1..PAGE_MAX_ITEMS, or `invalid_message`, field `limit`."""

    async def user_dashboards(
        self,
        user_id: UUID,
        *,
        archived: bool | None = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[DashboardSummary]:
        """What the user owns or actively takes part in, last modified first.

        `archived` None: archived or not.
        """

    async def search_dashboards(
        self,
        user_id: UUID,
        text: str,
        *,
        archived: bool | None = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[FoundDashboard]:
        """What the user may see (own, shared, public) and the text matches, best first.

        Text as people type it: words, "a phrase", or, -not. Nothing in it is an error but what no
        table can hold (`unstorable_text`, `limit_exceeded`); a text without a word to look for
        finds nothing.
        """

    async def dashboard_with_widgets(self, dashboard_id: UUID) -> DashboardContent | None:
        """None: no such dashboard. Says nothing about who may see it."""

    async def operations_since(
        self, dashboard_id: UUID, version: int, limit: int = TAIL_MAX_VERSIONS
    ) -> OperationsPage | None:
        """Versions version + 1 .. version + limit, as far as there are; None: no such dashboard.

        `limit` is 1..TAIL_MAX_VERSIONS. Raises WeftError `conflict` with `startVersion` when the
        log no longer reaches back so far: take a snapshot instead; and `future_version` with
        `headVersion` when it does not reach so far yet.
        """

    async def active_collaborators(
        self, dashboard_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[ActiveCollaborator]:
        """Who has accepted and is active (account and membership), by username, owner left out."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which entity; id and time are the table's. Never put a secret in values."""

    action: str  # what became of the entity: "dashboard.archived"
    entity_type: str
    entity_id: UUID | None = None
    user_id: UUID | None = None  # None: the host product, or the system
    dashboard_id: UUID | None = None
    old_values: Mapping[str, Any] | None = None
    new_values: Mapping[str, Any] | None = None
    ip_address: Address | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """All that are given must hold; `since` counts, `until` does not."""

    user_id: UUID | None = None
    dashboard_id: UUID | None = None
    action: str | None = None
    entity_type: str | None = None
    entity_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING: Final = AuditFilter()


class Audit(Protocol):
    """The trail. To write in the transaction of the change itself: postgres_audit.record_audit."""

    async def record(self, entry: AuditEntry) -> None:
        """Raises WeftError limit_exceeded, unstorable_text."""

    async def entries(
        self,
        wanted: AuditFilter = EVERYTHING,
        *,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[AuditLog]:
        """Newest first."""


class Templates(Protocol):
    """What a new dashboard may start from. `entry` is recorded with the change, or not at all."""

    async def create_template(
        self,
        template: TemplateCreate,
        template_id: UUID | None = None,
        entry: AuditEntry | None = None,
    ) -> DashboardTemplate:
        """With an id that is there already: that one, as it is, for it was made before."""

    async def template(self, template_id: UUID) -> DashboardTemplate | None: ...

    async def templates(
        self,
        *,
        category: str | None = None,
        public_only: bool = True,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[DashboardTemplate]:
        """By name."""

    async def replace_template(
        self,
        template_id: UUID,
        template: TemplateCreate,
        expected: DashboardTemplate | None = None,
        entry: AuditEntry | None = None,
    ) -> DashboardTemplate | None:
        """None: no such template. Raises WeftError conflict when it is not as `expected`."""

    async def delete_template(self, template_id: UUID, entry: AuditEntry | None = None) -> bool:
        """False: no such template."""
