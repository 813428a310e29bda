"""Changes of who shares a dashboard, and with what rights."""

from datetime import datetime
from uuid import UUID, uuid4

from storage.change_rules import (
    Scene,
    check_expected,
    check_host,
    held_user,
    scene,
    worth,
    worth_of,
)
from storage.changes import Action, change
from storage.identity_ports import Actor
from storage.identity_transaction import Begin, Transaction
from weft.errors import WeftError
from weft.models import Collaborator, CollaboratorInvite, CollaboratorPatch
from weft.models.permission import CollaboratorRole, Permission


class SharingChanges:
    """The changing half of the port `Sharing`, over any tables."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    async def invite(
        self, dashboard_id: UUID, invite: CollaboratorInvite, actor: Actor
    ) -> Collaborator:
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            where.ask("share", "collaborators")
            where.ask_to_give(worth(invite.role, invite.permissions))
            old = await _newcomer(transaction, where, invite.user_id)
            if old is not None:
                if old.is_active:
                    raise WeftError("conflict", "This user is a collaborator or invited already.")
                where.ask_to_give(worth_of(old))
            invited = membership(where, invite.user_id, invite.role, invite.permissions)
            return await put_collaborator(transaction, actor, "collaborator.invited", old, invited)

    async def share(
        self, dashboard_id: UUID, invite: CollaboratorInvite, actor: Actor
    ) -> Collaborator:
        check_host(actor)
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            old = await _newcomer(transaction, where, invite.user_id)
            if old is None:
                added = membership(
                    where, invite.user_id, invite.role, invite.permissions, accepted_at=where.at
                )
                return await put_collaborator(transaction, actor, "collaborator.added", None, added)
            given = {
                "role": invite.role,
                "permissions": invite.permissions,
                "accepted_at": old.accepted_at or where.at,
                "is_active": True,
            }
            changed = old.model_copy(update=given)
            return await put_collaborator(transaction, actor, "collaborator.changed", old, changed)

    async def accept(self, dashboard_id: UUID, user_id: UUID, actor: Actor) -> Collaborator:
        async with self._begin() as transaction:
            at = await transaction.lock_sharing(dashboard_id)
            account = await transaction.hold_user(user_id)
            old = await transaction.collaborator(dashboard_id, user_id)
            mine = actor.user_id in (None, user_id)
            if not mine or old is None or not old.is_active or not (account and account.is_active):
                raise WeftError("not_found", "No such invitation.")
            accepted = old.model_copy(update={"accepted_at": old.accepted_at or at})
            return await put_collaborator(
                transaction, actor, "collaborator.accepted", old, accepted
            )

    async def change_collaborator(
        self,
        dashboard_id: UUID,
        user_id: UUID,
        patch: CollaboratorPatch,
        actor: Actor,
        expected: Collaborator | None = None,
    ) -> Collaborator:
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            where.ask("write", "collaborators")
            old = await _member(transaction, dashboard_id, user_id)
            check_expected(expected, old, patch)
            changed = old.model_copy(update=patch.changes())
            where.ask_to_give(worth_of(old), worth_of(changed))
            return await put_collaborator(transaction, actor, "collaborator.changed", old, changed)

    async def remove_collaborator(self, dashboard_id: UUID, user_id: UUID, actor: Actor) -> None:
        async with self._begin() as transaction:
            if actor.user_id == user_id:  # to leave, or to decline, needs no right
                await transaction.lock_sharing(dashboard_id)
                old = await _member(transaction, dashboard_id, user_id)
            else:
                where = await scene(transaction, dashboard_id, actor)
                where.ask("delete", "collaborators")
                old = await _member(transaction, dashboard_id, user_id)
                where.ask_to_give(worth_of(old))
            await transaction.remove_collaborator(dashboard_id, user_id)
            await transaction.record(
                actor, change("collaborator.removed", user_id, old, None, dashboard_id)
            )


def membership(
    where: Scene,
    user_id: UUID,
    role: CollaboratorRole,
    permissions: tuple[Permission, ...],
    accepted_at: datetime | None = None,
) -> Collaborator:
    """A new one; `accepted_at` None: an invitation."""
    return Collaborator.model_construct(
        id=uuid4(),
        dashboard_id=where.dashboard.id,
        user_id=user_id,
        role=role,
        invited_by=where.actor.user_id,
        invited_at=where.at,
        accepted_at=accepted_at,
        last_accessed_at=None,
        is_active=True,
        permissions=permissions,
    )


async def put_collaborator(
    transaction: Transaction,
    actor: Actor,
    action: Action,
    old: Collaborator | None,
    new: Collaborator,
) -> Collaborator:
    """Asked for what is so already, nothing happens."""
    if new == old:
        return new
    written = await transaction.write_collaborator(new)
    told = change(action, new.user_id, old, written, new.dashboard_id)
    await transaction.record(actor, told)
    return written


async def _newcomer(transaction: Transaction, where: Scene, user_id: UUID) -> Collaborator | None:
    """Somebody whom one may invite, and the membership there is already."""
    await held_user(transaction, user_id)
    if where.dashboard.owner_id == user_id:
        raise WeftError("conflict", "This user owns the dashboard.")
    return await transaction.collaborator(where.dashboard.id, user_id)


async def _member(transaction: Transaction, dashboard_id: UUID, user_id: UUID) -> Collaborator:
    found = await transaction.collaborator(dashboard_id, user_id)
    if found is None:
        raise WeftError("not_found", "No such collaborator.")
    return found
