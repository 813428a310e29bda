"""What identity and sharing ask of storage: people, sessions, dashboards as things, memberships.

1. Whoever changes something is an `Actor`. The change, its entry in the audit trail and its event
   for webhooks commit together or not at all.
2. What a user may do to a dashboard or to who shares it is decided here, inside the transaction, by
   `weft.models.decide` and `may_give` on rights that cannot change until it has ended (law 6). A
   caller need not ask before, and cannot forget to. The host product (`HOST`) may do everything.
3. To whom a dashboard is hidden it does not exist: `unknown_dashboard`, whatever was asked. So it
   is with other people's sessions: `not_found`.
4. `expected`, where a change takes it: the record that the author saw. What a patch can change must
   still be as it is there, or the change is refused (`conflict`).

What users do to the content of a dashboard (title, settings, widgets) goes through its owner, not
here. Reading says nothing about who may see the answer, and never comes from a cache.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from storage.ports import SessionUser
from storage.query_ports import Page
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import (
    Collaborator,
    CollaboratorInvite,
    CollaboratorPatch,
    Dashboard,
    DashboardCreate,
    DashboardMetadata,
    Permission,
    Session,
    SessionCreate,
    Subject,
    User,
    UserCreate,
    UserPatch,
    UserProfile,
)
from weft.models.address import Address
from weft.models.permission import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a change, and from where, as the audit trail will tell."""

    user_id: UUID | None  # None: the host product, with the admin key
    address: Address | None = None  # as seen past the trusted proxies
    user_agent: str | None = None


HOST: Final = Actor(None)


@dataclass(frozen=True, slots=True)
class Grants:
    """What one user has been given on one dashboard. Never decide on one out of a cache."""

    role: Role | None  # None: a stranger, or an account that is not active or not there
    permissions: tuple[Permission, ...] = ()
    is_active: bool = True  # of the membership
    is_accepted: bool = True  # an invitation gives nothing until it is
    is_public: bool = False  # of the dashboard; False for an account that is not active
    is_archived: bool = False

    def subject(self) -> Subject:
        return Subject.compile(
            self.role,
            self.permissions,
            is_active=self.is_active and self.is_accepted,
            is_public=self.is_public,
            is_archived=self.is_archived,
        )


class Visit(NamedTuple):
    """That a user had a dashboard open."""

    dashboard_id: UUID
    user_id: UUID


class Users(Protocol):
    """Accounts, as the host product tells of them. A user may change nothing here but their own
    `full_name` and `avatar_url` (`forbidden`).
    """

    async def create_user(
        self, user: UserCreate, actor: Actor, user_id: UUID | None = None
    ) -> User:
        """`user_id`: as a signed token of the host product names its subject.

        Raises WeftError conflict, `field` email, username or id: it is taken.
        """

    async def user(self, user_id: UUID) -> User | None: ...

    async def find_user(
        self, *, email: str | None = None, username: str | None = None
    ) -> User | None:
        """By exactly one of them, exactly as it is."""

    async def users(
        self,
        *,
        begins: str | None = None,
        is_active: bool | None = None,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[User]:
        """By username. `begins`: how username, email or full name begin, in any case."""

    async def profiles(self, user_ids: Collection[UUID]) -> dict[UUID, UserProfile]:
        """Of those that exist, active or not."""

    async def removed_from(self, user_id: UUID) -> tuple[UUID, ...]:
        """The dashboards from which the user was ever removed, as the audit trail tells, also of
        somebody who was deleted.
        """

    async def change_user(
        self, user_id: UUID, patch: UserPatch, actor: Actor, expected: User | None = None
    ) -> User:
        """Raises WeftError not_found, conflict, forbidden. Deactivating ends all sessions."""

    async def delete_user(self, user_id: UUID, actor: Actor) -> tuple[UUID, ...]:
        """With sessions and memberships; what they have written stays. The dashboards they shared.

        Raises WeftError not_found; conflict with `ownedDashboards` (how many) while they own some:
        hand those over or delete them first.
        """


class Sessions(Protocol):
    """Who may speak for a user, from which device, until when. Only a token's hash comes here."""

    async def open_session(self, session: SessionCreate, token_hash: str, actor: Actor) -> Session:
        """For any user by the host product. Raises WeftError not_found (no such active user),
        conflict (the hash is taken), forbidden.
        """

    async def find_session(self, token_hash: str) -> SessionUser | None:
        """None when unknown, expired, revoked, or its user is not active."""

    async def session(self, session_id: UUID) -> Session | None: ...

    async def sessions(
        self,
        user_id: UUID,
        *,
        ended: bool = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[Session]:
        """Newest first; with `ended`, also those that have expired or were revoked."""

    async def alive(self, session_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of them that `find_session` would still find. For sockets, while Redis is down."""

    async def end_session(self, session_id: UUID, actor: Actor) -> Session:
        """By its user or the host product; ended already: nothing changes. Raises not_found."""

    async def end_sessions(
        self, user_id: UUID, actor: Actor, keep: UUID | None = None
    ) -> tuple[UUID, ...]:
        """All of a user's that are alive, but `keep`; which ones. Raises forbidden."""

    async def touch_sessions(self, seen: Mapping[UUID, datetime]) -> None:
        """When each was last active, and with it users.last_seen_at. Collect, then tell: never
        once per message. A row that somebody is just changing is left out.
        """

    async def forget_sessions(self, ended_for_seconds: float) -> int:
        """Remove the rows of those that have expired so long ago; how many."""


class Dashboards(Protocol):
    """Dashboards as things: made, shown to everyone, put away, handed over, deleted."""

    async def create_dashboard(
        self,
        owner_id: UUID,
        dashboard: DashboardCreate,
        actor: Actor,
        dashboard_id: UUID | None = None,
    ) -> Dashboard:
        """With its checkpoint at version 0. What it does not say comes from its template.

        Raises WeftError not_found (no such active user, or template), forbidden (for somebody
        else), conflict (`dashboard_id` is taken), invalid_message, limit_exceeded.
        """

    async def metadata(self, dashboard_id: UUID) -> DashboardMetadata | None:
        """As of the newest checkpoint."""

    async def archive(
        self, dashboard_id: UUID, actor: Actor, *, is_archived: bool = True
    ) -> DashboardMetadata:
        """Or restore. Asks for admin on the dashboard."""

    async def publish(
        self, dashboard_id: UUID, actor: Actor, *, is_public: bool = True
    ) -> DashboardMetadata:
        """Or withdraw. Asks for share on the dashboard."""

    async def transfer(
        self, dashboard_id: UUID, new_owner_id: UUID, actor: Actor
    ) -> DashboardMetadata:
        """To an active user; who owned it stays as an admin. Asks for delete on the dashboard.

        Raises WeftError not_found: no such active user.
        """

    async def delete_dashboard(self, dashboard_id: UUID, actor: Actor) -> tuple[UUID, ...]:
        """With its history. Asks for delete on the dashboard. Who had shared it."""


class GrantsReader(Protocol):
    """The part of `Sharing` that decides who may do what on an open dashboard."""

    async def grants_of(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        """What decides; three looks by primary key, one statement. None: no such dashboard."""

    async def grants_of_each(
        self, dashboard_id: UUID, user_ids: Collection[UUID]
    ) -> dict[UUID, Grants]:
        """The same for all who are there, in one statement; empty: no such dashboard."""


class Sharing(GrantsReader, Protocol):
    """Who shares a dashboard, and with what rights.

    Besides the cell, nobody gives, changes or takes away more than they hold themselves
    (`forbidden`, reason `exceeds_own`). The owner is no collaborator.
    """

    async def invite(
        self, dashboard_id: UUID, invite: CollaboratorInvite, actor: Actor
    ) -> Collaborator:
        """It gives nothing until it is accepted. Who was deactivated may be invited again.

        Asks for share on collaborators. Raises WeftError not_found (no such active user), conflict
        (is one already, is invited already, or owns it).
        """

    async def share(
        self, dashboard_id: UUID, invite: CollaboratorInvite, actor: Actor
    ) -> Collaborator:
        """Without asking the invited, whatever they had before: the host product's alone."""

    async def accept(self, dashboard_id: UUID, user_id: UUID, actor: Actor) -> Collaborator:
        """By the invited, or the host product. Again: nothing changes. Raises WeftError not_found
        when there is no invitation, or no such dashboard.
        """

    async def change_collaborator(
        self,
        dashboard_id: UUID,
        user_id: UUID,
        patch: CollaboratorPatch,
        actor: Actor,
        expected: Collaborator | None = None,
    ) -> Collaborator:
        """Asks for write on collaborators. Raises WeftError not_found, conflict."""

    async def remove_collaborator(self, dashboard_id: UUID, user_id: UUID, actor: Actor) -> None:
        """Asks for delete on collaborators; anyone may leave, or decline. Raises not_found."""

    async def collaborator(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None: ...

    async def collaborators(
        self, dashboard_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[Collaborator]:
        """All of them, invited and inactive ones included, in the order they were invited."""

    async def invitations(
        self, user_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[Collaborator]:
        """What waits for this user to accept, in the order they were invited."""

    async def dashboards_of(self, user_id: UUID) -> tuple[UUID, ...]:
        """What the user owns or shares: whose owners must hear when the account changes."""

    async def touch_visits(self, seen: Mapping[Visit, datetime]) -> None:
        """When each was last there: `last_accessed_at` of dashboards and collaborators. Collect,
        then tell. A row that somebody is just changing is left out.
        """


@dataclass(frozen=True, slots=True)
class IdentityStores:
    """The four on the same tables: what `connect` and the memory twins hand out."""

    users: Users
    sessions: Sessions
    dashboards: Dashboards
    sharing: Sharing


class Enforcement(Protocol):
    """How owners learn of changed grants, before the call that changed them returns.

    Law 6: when it returns, no owner commits any more by grants that it read before the call.
    """

    async def __call__(self, dashboard_ids: Iterable[UUID]) -> None: ...
