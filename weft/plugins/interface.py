"""What a plug-in may do, without a fork: subclass `Plugin`, override what it is for, and name the
class as an entry point of the group `weft.plugins`. What is not overridden is never called.

A plug-in that fails, hangs or answers nonsense is contained: counted, logged under its name, and,
where its answer was asked for, either refused or ignored, as `on_failure` says (law 10).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from weft.models import WidgetKind
from weft.ot import Document
from weft.ot.operation import Operations

GROUP: Final = "weft.plugins"
OnFailure: TypeAlias = Literal["refuse", "ignore"]
Json: TypeAlias = Mapping[str, Any]


class Refusal(Exception):  # noqa: N818  (it is not an error of the plug-in's)
    """Raised by `authenticate`, `authorise` or `review`: the answer is no. The message is told to
    whoever asked, and so are the details, which are JSON.
    """

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose a token is: a user that is known and active, and for how long a session of theirs."""

    user_id: UUID
    ttl_seconds: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A submission as it would commit, and the document before and after it. All immutable."""

    dashboard_id: UUID
    user_id: UUID
    replica_id: UUID
    at_ms: int  # since epoch
    operations: Operations  # transformed; `noop` where an edit lost its target
    before: Document
    after: Document


@dataclass(frozen=True, slots=True)
class Committed:
    """Versions that are durable. `submissions`: as on the wire, in order."""

    dashboard_id: UUID
    submissions: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody's connection has opened a dashboard, or left it."""

    dashboard_id: UUID
    user_id: UUID
    connection_id: str
    is_here: bool


class Plugin:
    """Made once in each owner and each gateway process, without arguments; it reads settings of its
    own where it likes. Raising in `__init__` keeps the process from starting.
    """

    name: str = ""  # of the entry point; set when it is loaded
    on_failure: ClassVar[OnFailure] = "refuse"  # `WEFT_PLUGINS=name:ignore` says otherwise

    async def authenticate(self, token: str, address: str | None) -> Identity | None:
        """Asked for a token that nobody else knows. None: neither do I."""

    async def authorise(self, user_id: UUID, dashboard_id: UUID, role: str | None) -> None:
        """Asked with what the grants allow, whenever these are read: on joining, when they change,
        and over HTTP. It can only take away: raise `Refusal`, and the dashboard is hidden. `role`
        None: only because it is public.
        """

    def review(self, proposal: Proposal) -> Iterable[Json] | None:
        """Check or amend. Asked by the owner, for each submission, while everybody waits: be quick,
        and do no I/O. Raise `Refusal` to refuse all of it; return operations (wire JSON, made on
        `after`) that are to follow it in the same version, or None.
        """

    async def committed(self, batch: Committed) -> None:
        """After it is durable. Some may be missed, when the process dies or this is too slow: what
        must not be missed is a webhook's.
        """

    async def loaded(self, dashboard_id: UUID, version: int) -> None:
        """An owner has opened it."""

    async def unloaded(self, dashboard_id: UUID, version: int) -> None:
        """An owner has let it go: nobody is there, or another one has it."""

    async def presence(self, coming: Coming) -> None:
        """Somebody has come or gone, seen from the gateway."""

    def widget_kinds(self) -> Sequence[WidgetKind]:
        """Types of widget of its own, with what their config and data may be."""
        return ()


class Reviewed(NamedTuple):
    """What plug-ins added, parsed, and as it is written: with `plugin`, the name of each one's."""

    document: Document
    operations: Operations
    written: tuple[dict[str, Any], ...]


Review: TypeAlias = Callable[[Proposal], Reviewed | None]
"""Raises WeftError. None: nothing was added."""

Call: TypeAlias = Callable[[], Awaitable[Any]]


def overrides(plugin: Plugin, hook: str) -> bool:
    return getattr(type(plugin), hook) is not getattr(Plugin, hook)
