"""Law 6, permission is sequenced, at the door: who calls, and what they may do to a dashboard.

The grants are read from PostgreSQL for every request, never from a cache. To whom a dashboard is
hidden it does not exist. What changes something is decided again where it commits: in the
transaction of the change, or by the dashboard's owner.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.identity_cache import IdentityCache
from storage.identity_ports import Actor, IdentityStores
from weft.errors import WeftError
from weft.models import (
    Context,
    Problem,
    Resource,
    Subject,
    decide,
    first_refused,
    invalid,
    may_read,
)
from weft.models.permission import Action, ResourceKind
from weft.models.requirement import Edit, Lookup


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose token was good. The host product, with the admin key, may do everything."""

    actor: Actor
    session_id: UUID | None = None
    request_id: UUID | None = None  # the same when the request is sent again; None: not told

    @property
    def is_host(self) -> bool:
        return self.actor.user_id is None

    def user_id(self) -> UUID:
        """Raises WeftError forbidden: this is for a user, and the host product is none."""
        if self.actor.user_id is None:
            raise WeftError("forbidden", "Only a user may do this: use a session's token.")
        return self.actor.user_id

    def ask_host(self) -> None:
        """Raises WeftError forbidden."""
        if not self.is_host:
            raise WeftError("forbidden", "Only the host product may do this.")

    def whose(self, user_id: UUID | None) -> UUID:
        """Whom a request is about: the caller, or, of the host product, whoever it names.

        Raises WeftError not_found: other people's things do not exist.
        """
        mine = self.actor.user_id
        if mine is not None and user_id not in (None, mine):
            raise WeftError("not_found")
        found = mine or user_id
        if found is None:
            raise invalid([Problem("userId", "missing", "The host product must say whose")])
        return found


class Access:
    """What one caller may do. `subject` None: the host product."""

    def __init__(
        self,
        stores: IdentityStores,
        seen: IdentityCache,
        caller: Caller,
        clock_ms: Callable[[], int],
    ) -> None:
        self._stores = stores
        self._seen = seen
        self._caller = caller
        self._clock_ms = clock_ms

    async def ask(self, dashboard_id: UUID, action: Action, kind: ResourceKind) -> Subject | None:
        """Raises WeftError forbidden, unknown_dashboard."""
        subject = await self._subject(dashboard_id)
        if subject is not None:
            resource = Resource(kind)
            decision = decide(subject, action, resource, self._context())
            if not decision.allowed:
                raise decision.refusal(action, resource)
        return subject

    async def ask_to_read(self, dashboard_id: UUID) -> Subject | None:
        """All of its content. Raises WeftError forbidden, unknown_dashboard."""
        subject = await self._subject(dashboard_id)
        if subject is not None:
            decision = may_read(subject, self._context())
            if not decision.allowed:
                raise decision.refusal("read", Resource("dashboard"))
        return subject

    def shows(self, subject: Subject) -> bool:
        """Whether a dashboard may be in a list: its title is not told to who may not read it."""
        decision = decide(subject, "read", Resource("dashboard"), self._context())
        return decision.allowed

    def shows_people(self, subject: Subject | None) -> bool:
        """Whether who shares a dashboard may be told; to the host product it may."""
        if subject is None:
            return True
        return decide(subject, "read", Resource("collaborators"), self._context()).allowed

    async def ask_to_edit(
        self, dashboard_id: UUID, operations: Sequence[Edit], lookup: Lookup
    ) -> None:
        """What can be told before the owner is asked, which decides: so by the caches.

        Raises WeftError forbidden, …
        """
        hint = await self._seen.hint(dashboard_id, self._caller.user_id())
        if hint is None:
            raise WeftError("unknown_dashboard")
        refused = first_refused(hint.subject(), operations, lookup, self._context())
        if refused is not None:
            raise refused.error()

    async def _subject(self, dashboard_id: UUID) -> Subject | None:
        user_id = self._caller.actor.user_id
        if user_id is None:
            if await self._seen.standing(dashboard_id) is None:
                raise WeftError("unknown_dashboard")
            return None
        grants = await self._stores.sharing.grants_of(dashboard_id, user_id)
        if grants is None:
            raise WeftError("unknown_dashboard")
        return grants.subject()

    def _context(self) -> Context:
        return Context(self._clock_ms(), self._caller.actor.address)
