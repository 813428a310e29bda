"""Changes of dashboards as things: who may make them, and what is told of them."""

from typing import Any
from uuid import UUID

from storage.change_rules import Scene, check_self, held_user, scene
from storage.changes import Action, change
from storage.first_state import first_state
from storage.identity_ports import Actor
from storage.identity_transaction import Begin, Transaction
from storage.sharing_changes import membership, put_collaborator
from weft.errors import WeftError
from weft.models import Dashboard, DashboardCreate, DashboardMetadata, DashboardTemplate


class DashboardChanges:
    """The changing half of the port `Dashboards`, over any tables."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    async def create_dashboard(
        self,
        owner_id: UUID,
        dashboard: DashboardCreate,
        actor: Actor,
        dashboard_id: UUID | None = None,
    ) -> Dashboard:
        check_self(actor, owner_id)
        async with self._begin() as transaction:
            await held_user(transaction, owner_id)
            template = await _template(transaction, dashboard.template_id, actor)
            state = first_state(dashboard, template)
            created = await transaction.insert_dashboard(
                dashboard_id, owner_id, dashboard.is_public, state
            )
            told = DashboardMetadata.model_construct(
                **{name: getattr(created, name) for name in DashboardMetadata.model_fields}
            )
            await transaction.record(
                actor, change("dashboard.created", created.id, None, told, created.id)
            )
        return created

    async def archive(
        self, dashboard_id: UUID, actor: Actor, *, is_archived: bool = True
    ) -> DashboardMetadata:
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            where.ask("admin", "dashboard")
            action: Action = "dashboard.archived" if is_archived else "dashboard.restored"
            return await _stand(transaction, where, action, is_archived=is_archived)

    async def publish(
        self, dashboard_id: UUID, actor: Actor, *, is_public: bool = True
    ) -> DashboardMetadata:
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            where.ask("share", "dashboard")
            action: Action = "dashboard.published" if is_public else "dashboard.withdrawn"
            return await _stand(transaction, where, action, is_public=is_public)

    async def transfer(
        self, dashboard_id: UUID, new_owner_id: UUID, actor: Actor
    ) -> DashboardMetadata:
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            where.ask("delete", "dashboard")
            old_owner_id = where.dashboard.owner_id
            if old_owner_id == new_owner_id:
                return where.dashboard
            await held_user(transaction, new_owner_id)
            joined = await transaction.collaborator(dashboard_id, new_owner_id)
            if joined is not None:
                await transaction.remove_collaborator(dashboard_id, new_owner_id)
                await transaction.record(
                    actor, change("collaborator.removed", new_owner_id, joined, None, dashboard_id)
                )
            stays = membership(where, old_owner_id, "admin", (), accepted_at=where.at)
            await put_collaborator(transaction, actor, "collaborator.added", None, stays)
            return await _stand(transaction, where, "dashboard.transferred", owner_id=new_owner_id)

    async def delete_dashboard(self, dashboard_id: UUID, actor: Actor) -> tuple[UUID, ...]:
        async with self._begin() as transaction:
            where = await scene(transaction, dashboard_id, actor)
            where.ask("delete", "dashboard")
            members = await transaction.members(dashboard_id)
            await transaction.record(
                actor,
                change("dashboard.deleted", dashboard_id, where.dashboard, None, dashboard_id),
            )
            await transaction.remove_dashboard(dashboard_id)
        return members


async def _stand(
    transaction: Transaction, where: Scene, action: Action, **changes: Any
) -> DashboardMetadata:
    """Asked for what is so already, nothing happens."""
    old = where.dashboard
    new = old.model_copy(update=changes)
    if new != old:
        await transaction.record(where.actor, change(action, old.id, old, new, old.id))
        await transaction.write_standing(new)
    return new


async def _template(
    transaction: Transaction, template_id: UUID | None, actor: Actor
) -> DashboardTemplate | None:
    """One that is not public is the host product's own."""
    if template_id is None:
        return None
    template = await transaction.template(template_id)
    if template is None or not (template.is_public or actor.user_id is None):
        raise WeftError("not_found", "No such template.")
    return template
