"""Law 6, permission is sequenced: a change of rights has reached the owners when it returns.

Wraps the identity stores. Each call that can change what somebody may do is carried out first, in
its own transaction, and then told to the owners of the dashboards concerned, before it answers. A
failure to tell is the caller's `storage_unavailable`: the change stands, and asking again helps.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Final, cast
from uuid import UUID

from storage.identity_ports import (
    Dashboards,
    Enforcement,
    IdentityStores,
    Sharing,
    Users,
)

Concerned = Callable[[UUID, Any], Awaitable[Iterable[UUID]]]  # (first argument, result)


async def _this_dashboard(dashboard_id: UUID, _: Any) -> tuple[UUID, ...]:
    return (dashboard_id,)


async def _those_returned(_: UUID, dashboard_ids: Any) -> Iterable[UUID]:
    return cast("tuple[UUID, ...]", dashboard_ids)


SHARING_CHANGES: Final = ("share", "invite", "accept", "change_collaborator", "remove_collaborator")
DASHBOARD_CHANGES: Final = ("archive", "publish", "transfer", "delete_dashboard")


def enforced(identity: IdentityStores, enforce: Enforcement) -> IdentityStores:
    """The same stores, whose changes of rights count everywhere when they return."""
    sharing = identity.sharing

    async def of_user(user_id: UUID, _: Any) -> tuple[UUID, ...]:
        return await sharing.dashboards_of(user_id)

    told_dashboard = dict.fromkeys((*SHARING_CHANGES, *DASHBOARD_CHANGES), _this_dashboard)
    told_user: dict[str, Concerned] = {"change_user": of_user, "delete_user": _those_returned}
    return IdentityStores(
        users=cast("Users", _Enforced(identity.users, enforce, told_user)),
        sessions=identity.sessions,
        dashboards=cast("Dashboards", _Enforced(identity.dashboards, enforce, told_dashboard)),
        sharing=cast("Sharing", _Enforced(identity.sharing, enforce, told_dashboard)),
    )


class _Enforced:
    """All that `store` is; what `concerned` names is followed by telling the owners."""

    def __init__(
        self, store: object, enforce: Enforcement, concerned: Mapping[str, Concerned]
    ) -> None:
        self._store = store
        self._enforce = enforce
        self._concerned = concerned

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        concerned = self._concerned.get(name)
        if concerned is None:
            return method

        @wraps(method)
        async def change(first: UUID, *arguments: Any, **named: Any) -> Any:
            result = await method(first, *arguments, **named)
            await self._enforce(await concerned(first, result))
            return result

        return change
