"""What the audit trail and the webhooks are told of a change: one name, old and new values.

A name is what became of an entity, in the past tense; webhooks ask for these names as topics. Of a
change only the fields that differ are told, of a deletion all that was there. Never a token, nor
its hash. Of the actor's address and agent, webhooks are told nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from storage.identity_ports import Actor
from storage.query_ports import AuditEntry
from weft.models import Record

Action = Literal[
    "user.created",
    "user.changed",
    "user.deleted",
    "session.opened",
    "session.ended",
    "user.sessions_ended",
    "dashboard.created",
    "dashboard.archived",
    "dashboard.restored",
    "dashboard.published",
    "dashboard.withdrawn",
    "dashboard.transferred",
    "dashboard.deleted",
    "collaborator.invited",
    "collaborator.added",
    "collaborator.accepted",
    "collaborator.changed",
    "collaborator.removed",
]
UNTOLD: Final = {"updated_at", "last_seen_at", "last_accessed_at", "last_activity_at", "version"}


@dataclass(frozen=True, slots=True)
class Change:
    """`entity_id`: of a collaborator the user's, for the dashboard stands beside it."""

    action: Action
    entity_id: UUID
    dashboard_id: UUID | None
    old_values: Mapping[str, Any] | None
    new_values: Mapping[str, Any] | None

    @property
    def entity_type(self) -> str:
        return self.action.partition(".")[0]

    def audit_entry(self, actor: Actor) -> AuditEntry:
        return AuditEntry(
            self.action,
            self.entity_type,
            self.entity_id,
            user_id=actor.user_id,
            dashboard_id=self.dashboard_id,
            old_values=self.old_values,
            new_values=self.new_values,
            ip_address=actor.address,
            user_agent=actor.user_agent,
        )

    def payload(self, actor: Actor) -> dict[str, Any]:
        """Of the event whose topic is `action`; `userId` null: the host product did it."""
        return {
            "userId": str(actor.user_id) if actor.user_id else None,
            "entityType": self.entity_type,
            "entityId": str(self.entity_id),
            "oldValues": self.old_values,
            "newValues": self.new_values,
        }


def change(
    action: Action,
    entity_id: UUID,
    old: Record | None,
    new: Record | None,
    dashboard_id: UUID | None = None,
) -> Change:
    """From the record before (None: it was not there) to the one after (None: it is gone)."""
    before, after = _told(old), _told(new)
    if before is not None and after is not None:
        differing = [name for name in after if before[name] != after[name]]
        before = {name: before[name] for name in differing}
        after = {name: after[name] for name in differing}
    return Change(action, entity_id, dashboard_id, before, after)


def _told(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return record.model_dump(mode="json", by_alias=True, exclude=UNTOLD)
