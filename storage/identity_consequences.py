"""What a change of identity or sharing brings about on other nodes before it returns.

Caches forget what it changed (see storage.cache), a notice tells gateways to look after their open
sockets, the index of sessions follows, and the owners of dashboards read anew who may do what
(law 6). Index and notices are best effort: what was not told is found out all the same (see
storage.notices). A notice also goes out when a change has failed in a way in which it may have
happened: it only says where to look. When an owner cannot be told the change stands, the caller
hears `storage_unavailable`, and asking again helps.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import signature
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from storage.identity_cache import DASHBOARD, PERMISSIONS, USER
from storage.identity_ports import (
    Dashboards,
    Enforcement,
    IdentityStores,
    Sessions,
    Sharing,
    Users,
)
from storage.notices import Notice, SessionEnded, UserChanged
from storage.session_index import SessionIndex
from storage.shared_identity import SharedIdentity
from weft.errors import Fault, WeftError
from weft.limits import PAGE_MAX_ITEMS
from weft.models import Collaborator, Dashboard, Session, User

logger = logging.getLogger(__name__)

Index: TypeAlias = Callable[[SessionIndex], Awaitable[None]]
Arguments: TypeAlias = Mapping[str, Any]  # of a store's method, by name


@dataclass(slots=True)
class Consequences:
    keys: list[str] = field(default_factory=list)  # of the caches
    notices: list[Notice] = field(default_factory=list)
    index: Index | None = None
    members_of: UUID | None = None  # a dashboard: the keys of all who share it now
    dashboards: tuple[UUID, ...] = ()  # whose owners read anew who may do what
    dashboards_of: UUID | None = None  # a user: the same of all that they own or share
    removed: UUID | None = None  # a user who is nowhere to be found any more, if asked again


Follows: TypeAlias = Callable[[Arguments, Any], Consequences]
"""From arguments and result (None: it has not returned) to what follows."""


def with_consequences(
    stores: IdentityStores, shared: SharedIdentity, enforce: Enforcement
) -> IdentityStores:
    """The same stores; a change that has returned is known on all nodes, and counts there."""
    telling = _Telling(stores, shared, enforce)
    return IdentityStores(
        cast("Users", _Store(stores.users, telling)),
        cast("Sessions", _Store(stores.sessions, telling)),
        cast("Dashboards", _Store(stores.dashboards, telling)),
        cast("Sharing", _Store(stores.sharing, telling)),
    )


class _Store:
    """All that `store` is; what FOLLOWS names has its consequences."""

    def __init__(self, store: object, telling: "_Telling") -> None:
        self._store = store
        self._telling = telling

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        follows = FOLLOWS.get(name)
        if follows is None:
            return method

        @wraps(method)
        async def change(*arguments: Any, **named: Any) -> Any:
            bound = signature(method).bind(*arguments, **named)
            bound.apply_defaults()
            return await self._telling.carry_out(
                partial(follows, bound.arguments), partial(method, *arguments, **named)
            )

        return change


class _Telling:
    def __init__(
        self, stores: IdentityStores, shared: SharedIdentity, enforce: Enforcement
    ) -> None:
        self._users = stores.users
        self._sharing = stores.sharing
        self._shared = shared
        self._enforce = enforce

    async def carry_out(
        self, follows: Callable[[Any], Consequences], change: Callable[[], Awaitable[Any]]
    ) -> Any:
        foreseen = follows(None)
        try:
            async with self._shared.cache.changing(*foreseen.keys) as keys:
                result = await change()
                found = follows(result)
                keys.extend(key for key in found.keys if key not in foreseen.keys)
                if found.members_of is not None:
                    keys.extend(await self._keys_of_members(found.members_of))
        except WeftError as error:
            if error.fault is Fault.SERVER:  # perhaps it has happened
                await self._tell(foreseen)
            if error.code == "not_found":  # perhaps it has happened, and nobody lived to tell
                await self._tell_owners_again(foreseen)
            raise
        await self._tell(found)
        await self._tell_owners(found)
        return result

    async def _keys_of_members(self, dashboard_id: UUID) -> list[str]:
        keys: list[str] = []
        after: str | None = None
        while True:
            page = await self._sharing.collaborators(
                dashboard_id, after=after, limit=PAGE_MAX_ITEMS
            )
            keys += [PERMISSIONS.key(member.user_id, dashboard_id) for member in page.items]
            after = page.next_cursor
            if after is None:
                return keys

    async def _tell(self, consequences: Consequences) -> None:
        if consequences.notices:
            try:
                await self._shared.notices.publish(consequences.notices)
            except WeftError:
                logger.warning("Redis was not told of a change of identity; PostgreSQL is")
                with suppress(WeftError):  # neither: then gateways look now and then all the same
                    await self._shared.cache.raise_epoch()
        if consequences.index is not None:
            try:
                await consequences.index(self._shared.index)
            except WeftError:
                logger.warning("the index of sessions in Redis was not told of a change")

    async def _tell_owners(self, consequences: Consequences) -> None:
        concerned = consequences.dashboards
        if consequences.dashboards_of is not None:
            concerned = await self._sharing.dashboards_of(consequences.dashboards_of)
        if concerned:
            await self._enforce(concerned)

    async def _tell_owners_again(self, consequences: Consequences) -> None:
        """Of a removal that the trail knows: who never was there cannot make an owner stop."""
        if consequences.removed is None:
            return
        named = consequences.dashboards
        removed = await self._users.removed_from(consequences.removed)
        concerned = [one for one in removed if not named or one in named]
        if concerned:
            await self._enforce(concerned)


# --- what follows what -------------------------------------------------------------------------


def _create_user(_: Arguments, user: User | None) -> Consequences:
    return Consequences([USER.key(user.id)] if user else [])  # that there was none may be kept


def _change_user(told: Arguments, user: User | None) -> Consequences:
    user_id: UUID = told["user_id"]
    consequences = Consequences([USER.key(user_id)])
    if told["patch"].is_active is not None:  # who has nothing, or has it again
        consequences.dashboards_of = user_id
    if user is None or not user.is_active:
        consequences.notices = [UserChanged(user_id)]
        consequences.index = _forget_all(user_id) if user else None
    return consequences


def _delete_user(told: Arguments, shared: tuple[UUID, ...] | None) -> Consequences:
    user_id: UUID = told["user_id"]
    keys = [PERMISSIONS.key(user_id, dashboard_id) for dashboard_id in shared or ()]
    return Consequences(
        [USER.key(user_id), *keys],
        [UserChanged(user_id)],
        _forget_all(user_id) if shared is not None else None,
        dashboards=shared or (),
        removed=user_id,
    )


def _open_session(told: Arguments, session: Session | None) -> Consequences:
    if session is None:
        return Consequences()
    token_hash: str = told["token_hash"]
    return Consequences(index=lambda index: index.remember(session, token_hash))


def _end_session(_: Arguments, session: Session | None) -> Consequences:
    if session is None:
        return Consequences()
    ended = session
    return Consequences(
        notices=[SessionEnded(ended.id, ended.user_id)],
        index=lambda index: index.forget(ended.user_id, [ended.id]),
    )


def _end_sessions(told: Arguments, ended: tuple[UUID, ...] | None) -> Consequences:
    user_id: UUID = told["user_id"]
    if ended is None:
        return Consequences(notices=[UserChanged(user_id)])
    return Consequences(
        notices=[UserChanged(user_id)], index=lambda index: index.forget(user_id, ended)
    )


def _forget_all(user_id: UUID) -> Index:
    return lambda index: index.forget(user_id)


def _create_dashboard(_: Arguments, dashboard: Dashboard | None) -> Consequences:
    return Consequences([DASHBOARD.key(dashboard.id)] if dashboard else [])


def _stand(told: Arguments, _: object) -> Consequences:
    dashboard_id: UUID = told["dashboard_id"]
    return Consequences([DASHBOARD.key(dashboard_id)], dashboards=(dashboard_id,))


def _transfer(told: Arguments, moved: object) -> Consequences:
    """Who owned it has become a collaborator, who owns it now is none any more."""
    consequences = _stand(told, moved)
    consequences.keys.append(PERMISSIONS.key(told["new_owner_id"], told["dashboard_id"]))
    consequences.members_of = told["dashboard_id"]
    return consequences


def _delete_dashboard(told: Arguments, members: tuple[UUID, ...] | None) -> Consequences:
    consequences = _stand(told, members)
    consequences.keys += [PERMISSIONS.key(one, told["dashboard_id"]) for one in members or ()]
    return consequences


def _invite(told: Arguments, _: object) -> Consequences:
    """It gives nothing until it is accepted: no owner need hear of it."""
    return Consequences([PERMISSIONS.key(told["invite"].user_id, told["dashboard_id"])])


def _share(told: Arguments, member: Collaborator | None) -> Consequences:
    user_id: UUID = told["user_id"] if "user_id" in told else told["invite"].user_id
    dashboard_id: UUID = told["dashboard_id"]
    counts = member is None or member.accepted_at is not None
    return Consequences(
        [PERMISSIONS.key(user_id, dashboard_id)], dashboards=(dashboard_id,) if counts else ()
    )


def _remove(told: Arguments, gone: None) -> Consequences:
    consequences = _share(told, gone)
    consequences.removed = told["user_id"]
    return consequences


FOLLOWS: Final[dict[str, Follows]] = {
    "create_user": _create_user,
    "change_user": _change_user,
    "delete_user": _delete_user,
    "open_session": _open_session,
    "end_session": _end_session,
    "end_sessions": _end_sessions,
    "create_dashboard": _create_dashboard,
    "archive": _stand,
    "publish": _stand,
    "transfer": _transfer,
    "delete_dashboard": _delete_dashboard,
    "invite": _invite,
    "share": _share,
    "accept": _share,
    "change_collaborator": _share,
    "remove_collaborator": _remove,
}
