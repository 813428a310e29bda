"""Law 6, permission is sequenced, for rights themselves: who may change them is decided within.

The actor's rights are read after the dashboard's sharing was locked and the actor's account held.
So they stay what they are until the change has committed: whoever has just been removed changes
nothing any more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from storage.identity_ports import Actor
from storage.identity_transaction import Transaction
from weft.errors import WeftError
from weft.models import (
    Collaborator,
    Context,
    DashboardMetadata,
    Patch,
    Record,
    Resource,
    Subject,
    User,
    decide,
    may_give,
)
from weft.models.permission import Action, CollaboratorRole, Permission, ResourceKind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scene:
    """A dashboard whose rights are being changed, and what the actor may do there."""

    dashboard: DashboardMetadata
    actor: Actor
    subject: Subject | None  # None: the host product, which may do everything
    at: datetime

    def ask(self, action: Action, kind: ResourceKind) -> None:
        """Raises WeftError forbidden, unknown_dashboard."""
        if self.subject is None:
            return
        resource = Resource(kind)
        context = Context((self.at - _EPOCH) // timedelta(milliseconds=1), self.actor.address)
        decision = decide(self.subject, action, resource, context)
        if not decision.allowed:
            raise decision.refusal(action, resource)

    def ask_to_give(self, *given: Subject) -> None:
        """What somebody has, and what they would have. Raises WeftError forbidden."""
        subject = self.subject
        if subject is not None and not all(may_give(subject, one) for one in given):
            message = "Nobody gives or takes away more than they hold themselves."
            raise WeftError("forbidden", message, reason="exceeds_own")


async def scene(transaction: Transaction, dashboard_id: UUID, actor: Actor) -> Scene:
    """Raises WeftError unknown_dashboard."""
    at = await transaction.lock_sharing(dashboard_id)
    grants = None
    if actor.user_id is not None:
        await transaction.hold_user(actor.user_id)
        grants = await transaction.grants(dashboard_id, actor.user_id)
    dashboard = await transaction.dashboard(dashboard_id)
    if dashboard is None or (actor.user_id is not None and grants is None):
        raise WeftError("unknown_dashboard")
    return Scene(dashboard, actor, grants.subject() if grants else None, at)


def worth(role: CollaboratorRole, permissions: tuple[Permission, ...]) -> Subject:
    """What a membership gives, once it is accepted and active: that is what is given away."""
    return Subject.compile(role, permissions)


def worth_of(collaborator: Collaborator) -> Subject:
    return worth(collaborator.role, collaborator.permissions)


def check_host(actor: Actor) -> None:
    if actor.user_id is not None:
        raise WeftError("forbidden", "Only the host product may do this.")


def check_self(actor: Actor, user_id: UUID) -> None:
    if actor.user_id not in (None, user_id):
        raise WeftError("forbidden", "Only this user or the host product may do this.")


async def held_user(transaction: Transaction, user_id: UUID) -> User:
    """An active one. Raises WeftError not_found."""
    user = await transaction.hold_user(user_id)
    if user is None or not user.is_active:
        raise WeftError("not_found", "No such user.")
    return user


def check_expected(expected: Record | None, current: Record, patch: Patch) -> None:
    """What this kind of patch can change is still as its author saw it."""
    if expected is not None and any(
        getattr(expected, name) != getattr(current, name) for name in type(patch).model_fields
    ):
        raise WeftError("conflict", "It has changed meanwhile.")
