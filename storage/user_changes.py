"""Changes of accounts: who may make them, what they bring with them, and what is told of them."""

from typing import Final
from uuid import UUID

from storage.change_rules import check_expected, check_host, check_self
from storage.changes import Change, change
from storage.identity_ports import Actor
from storage.identity_transaction import Begin, Transaction
from weft.errors import WeftError
from weft.models import User, UserCreate, UserPatch

OWN_FIELDS: Final = frozenset({"full_name", "avatar_url"})  # identity comes from the host product


class UserChanges:
    """The changing half of the port `Users`, over any tables."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    async def create_user(
        self, user: UserCreate, actor: Actor, user_id: UUID | None = None
    ) -> User:
        check_host(actor)
        async with self._begin() as transaction:
            created = await transaction.insert_user(user, user_id)
            await transaction.record(actor, change("user.created", created.id, None, created))
        return created

    async def change_user(
        self, user_id: UUID, patch: UserPatch, actor: Actor, expected: User | None = None
    ) -> User:
        check_self(actor, user_id)
        changes = patch.changes()
        if not changes.keys() <= OWN_FIELDS:
            check_host(actor)
        async with self._begin() as transaction:
            old = await _locked(transaction, user_id)
            if actor.user_id is not None and not old.is_active:
                raise WeftError("forbidden")
            check_expected(expected, old, patch)
            new = old.model_copy(update=changes)
            if new == old:
                return old
            written = await transaction.write_user(new)
            await transaction.record(actor, change("user.changed", user_id, old, written))
            if not written.is_active:
                await end_sessions(transaction, actor, user_id)
        return written

    async def delete_user(self, user_id: UUID, actor: Actor) -> tuple[UUID, ...]:
        check_host(actor)
        async with self._begin() as transaction:
            old = await _locked(transaction, user_id)
            owned = await transaction.owned_count(user_id)
            if owned:
                message = "This user owns dashboards: hand them over, or delete them, first."
                raise WeftError("conflict", message, ownedDashboards=owned)
            shared = await transaction.memberships(user_id)
            for dashboard_id in shared:
                joined = await transaction.collaborator(dashboard_id, user_id)
                await transaction.record(
                    actor, change("collaborator.removed", user_id, joined, None, dashboard_id)
                )
            await transaction.record(actor, change("user.deleted", user_id, old, None))
            await transaction.remove_user(user_id)
        return shared


async def end_sessions(
    transaction: Transaction, actor: Actor, user_id: UUID, keep: UUID | None = None
) -> tuple[UUID, ...]:
    """All of a user's but `keep`, told of as one change."""
    ended = await transaction.end_sessions(user_id, keep)
    if ended:
        ids = {"sessionIds": sorted(map(str, ended))}
        await transaction.record(actor, Change("user.sessions_ended", user_id, None, None, ids))
    return ended


async def _locked(transaction: Transaction, user_id: UUID) -> User:
    user = await transaction.lock_user(user_id)
    if user is None:
        raise WeftError("not_found", "No such user.")
    return user
