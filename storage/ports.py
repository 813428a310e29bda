"""What the floors above ask of storage: ports, and the records that pass through them.

Each port has a PostgreSQL or Redis implementation and a memory twin; one contract suite
(tests/storage) holds both to the same behaviour.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from weft.wire.frames import submission_json


class LoggedSubmission(NamedTuple):
    """One row of the operations log: a committed submission, as transformed."""

    version: int
    replica_id: UUID
    sequence: int
    user_id: UUID
    base_version: int
    operations: tuple[dict[str, Any], ...]  # wire JSON of each operation
    fingerprint: bytes  # 16 bytes: of what the client sent, to tell a resend from a reuse
    at_ms: int  # commit time, ms since epoch

    def to_wire(self) -> dict[str, Any]:
        """As whoever follows the dashboard is told of it, over sockets and webhooks."""
        return submission_json(
            version=self.version,
            replica_id=self.replica_id,
            sequence=self.sequence,
            user_id=self.user_id,
            base_version=self.base_version,
            operations=self.operations,
            at_ms=self.at_ms,
        )


@dataclass(frozen=True, slots=True)
class DashboardCommit:
    """What one group commit asks of one dashboard: all of it, or nothing."""

    dashboard_id: UUID
    expected_version: int  # dashboards.version must be this
    epoch: int  # dashboards.owner_epoch must be this
    submissions: tuple[LoggedSubmission, ...]  # versions expected_version + 1 .. + len


@dataclass(frozen=True, slots=True)
class ReplicaMark:
    """The newest committed submission of one replica on one dashboard."""

    replica_id: UUID
    sequence: int
    version: int
    fingerprint: bytes
    user_id: UUID | None = None  # whose it is; None: written before this was kept


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state made durable at a version, with the replica marks that changed up to it."""

    dashboard_id: UUID
    version: int
    state: dict[str, Any]
    operations_count: int = 0  # since the checkpoint before
    replicas: tuple[ReplicaMark, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveValue:
    """What a feed has given a widget last. `value` None: it has none any more."""

    widget_id: UUID
    value: dict[str, Any] | None
    at_ms: int  # by the owner's clock, rising per widget


@dataclass(frozen=True, slots=True)
class OpenedDashboard:
    """An owner's first look: the fence raised, the newest checkpoint, and what followed."""

    dashboard_id: UUID
    version: int
    epoch: int
    checkpoint: Checkpoint
    tail: tuple[LoggedSubmission, ...]
    before: tuple[LoggedSubmission, ...] = ()  # the last ones up to the checkpoint, if wanted
    live: tuple[LiveValue, ...] = ()  # as far as they were written


@dataclass(frozen=True, slots=True)
class Head:
    version: int
    epoch: int


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Whom a token stands for."""

    session_id: UUID
    user_id: UUID
    username: str
    expires_at_ms: int
    avatar_url: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerAddress:
    """Where a live owner listens. `incarnation` differs after every restart."""

    owner_id: str
    incarnation: str
    url: str


@dataclass(frozen=True, slots=True)
class DashboardRows:
    """The `dashboards` and `widgets` rows of one dashboard, as document JSON."""

    version: int
    state: dict[str, Any]
    widget_versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One connection of a user."""

    connection_id: str
    session_id: UUID
    server_id: str  # of one life of a gateway
    dashboard_ids: frozenset[UUID]  # that it has open
    since_ms: int  # when the directory was told, ms since epoch


class CommitAmbiguous(Exception):  # noqa: N818  (a state of knowledge, not a failure)
    """The connection was lost while committing: it may or may not have happened."""


class OperationLog(Protocol):
    """Law 1 order, law 2 durable first, law 5 one writer: the only way to commit."""

    async def open_dashboard(self, dashboard_id: UUID) -> OpenedDashboard | None:
        """Raise owner_epoch by one and read all that an owner needs; None: no such dashboard."""

    async def commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        """Commit each dashboard whose (version, epoch) still match, in one statement.

        Returns the dashboards that committed; the others are fenced. Raises CommitAmbiguous, or
        WeftError storage_unavailable when it certainly did not happen.
        """

    async def settle(self, dashboard_id: UUID, epoch: int) -> Head | None:
        """After an ambiguous commit: raise the epoch if it is still `epoch`, and tell the head.

        Waits for a commit still under way in PostgreSQL, so the answer is final. None: another
        owner has raised it.
        """

    async def shut_out(self, dashboard_id: UUID, epoch: int) -> Head | None:
        """Whoever has it open commits no more: raise the epoch by EPOCH_STEP_SHUT_OUT, if it is
        still `epoch`. None: an owner has raised it.
        """

    async def submissions_between(
        self, dashboard_id: UUID, after_version: int, up_to_version: int
    ) -> tuple[LoggedSubmission, ...]:
        """Versions after_version + 1 .. up_to_version, rising; the caller pages.

        Raises WeftError conflict with `startVersion` when retention has taken the first of them:
        the log leads on from the checkpoint at that version.
        """

    async def find_submission(
        self, dashboard_id: UUID, replica_id: UUID, sequence: int
    ) -> LoggedSubmission | None: ...

    async def replica_mark(self, dashboard_id: UUID, replica_id: UUID) -> ReplicaMark | None:
        """As of the newest checkpoint; the tail of OpenedDashboard knows better."""

    async def write_checkpoint(self, checkpoint: Checkpoint, epoch: int) -> bool:
        """Checkpoint, replica marks, dashboards and widgets rows, in one transaction.

        False, and nothing written, when owner_epoch is no longer `epoch`.
        """

    async def write_live(
        self, dashboard_id: UUID, epoch: int, values: Sequence[LiveValue]
    ) -> set[UUID] | None:
        """Keep these values beside the widgets that have a row; which have. The log, and what a
        replay of it must give, are not touched.

        None, and nothing written, when owner_epoch is no longer `epoch`.
        """

    async def checkpoints(self, dashboard_id: UUID) -> tuple[int, ...]:
        """Versions of the stored checkpoints that the log leads on from, rising."""

    async def read_checkpoint(self, dashboard_id: UUID, version: int) -> Checkpoint | None: ...

    async def read_rows(self, dashboard_id: UUID) -> DashboardRows | None: ...

    async def dashboard_ids(self) -> tuple[UUID, ...]: ...

    async def head(self, dashboard_id: UUID) -> Head | None: ...

    async def heads(self, dashboard_ids: Collection[UUID]) -> dict[UUID, Head]:
        """Of those that exist, in one statement."""


class Accounts(Protocol):
    """Users, sessions, dashboards and who may do what on them."""

    async def create_user(self, email: str, username: str, full_name: str | None = None) -> UUID:
        """Raises WeftError conflict when email or username is taken."""

    async def create_session(self, user_id: UUID, token_hash: str, ttl_seconds: float) -> UUID: ...

    async def find_session(self, token_hash: str) -> SessionUser | None:
        """None when unknown, expired, revoked, or its user is not active."""

    async def revoke_session(self, session_id: UUID) -> bool: ...

    async def create_dashboard(
        self, owner_id: UUID, title: str, dashboard_id: UUID | None = None
    ) -> UUID:
        """The rows and the checkpoint at version 0, in one transaction."""

    async def share(self, dashboard_id: UUID, user_id: UUID, role: str) -> None: ...

    async def role_of(self, dashboard_id: UUID, user_id: UUID) -> str | None:
        """owner, admin, editor, viewer (also for a public dashboard), or None."""


class Directory(Protocol):
    """Redis: who holds what, who is connected where. Losing it loses no data and no safety."""

    async def announce_owner(self, address: OwnerAddress, ttl_seconds: float) -> None: ...

    async def withdraw_owner(self, address: OwnerAddress) -> None: ...

    async def owners(self) -> tuple[OwnerAddress, ...]:
        """Those whose heartbeat has not expired, by owner_id."""

    async def claim(self, dashboard_id: UUID, address: OwnerAddress) -> OwnerAddress:
        """Write `operations:{dashboardId}:lock` unless a live owner holds it; who holds it now."""

    async def holder(self, dashboard_id: UUID) -> OwnerAddress | None: ...

    async def release(self, dashboard_id: UUID, address: OwnerAddress) -> None:
        """Delete the lock if it is still this incarnation's."""

    async def announce_gateway(self, server_id: str, ttl_seconds: float) -> bool:
        """The heartbeat of one life of a gateway: `server_id` differs after every restart.

        False: its heart has not beaten until now, so what it has told of its connections may
        have been swept.
        """

    async def withdraw_gateway(self, server_id: str) -> None:
        """What it leaves may be swept at once."""

    async def gateways(self) -> frozenset[str]:
        """Those whose heartbeat has not expired."""

    async def gone_gateways(self) -> frozenset[str]:
        """Those without, that have announced themselves or a connection, until they are forgotten.

        Whoever comes to it sweeps what they left; then `forget_gateway`. Twice does no harm.
        """

    async def forget_gateway(self, server_id: str) -> None:
        """It is swept; not one whose heart beats again."""

    async def sweep_connections(self, server_id: str) -> None:
        """Forget the connections of one life of a gateway, unless its heart beats again."""

    async def prune_connections(self, server_id: str, keep: Collection[str]) -> None:
        """Forget all connections of one life of a gateway but these: the gateway itself knows."""

    async def report(self, name: str, report: bytes, ttl_seconds: float) -> None:
        """What a member tells of itself, JSON, until it is silent for so long."""

    async def reports(self) -> dict[str, bytes]:
        """By name; whoever can write to Redis can write nonsense."""

    async def hand_over(
        self, dashboard_id: UUID, address: OwnerAddress, heir: OwnerAddress
    ) -> bool:
        """Write `heir` into the lock if it is this incarnation's or nobody's; whether it did."""

    async def connected(
        self, connection_id: str, user_id: UUID, session_id: UUID, server_id: str
    ) -> None:
        """Told again, it begins anew: in no room."""

    async def entered(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None: ...

    async def departed(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None: ...

    async def disconnected(self, connection_id: str, user_id: UUID) -> None: ...

    async def connections_of(self, user_id: UUID) -> set[str]: ...

    async def whereabouts(self, user_id: UUID) -> tuple[Whereabouts, ...]:
        """On which devices and gateways a user is now, those that came first at the beginning."""

    async def room_connections(self, dashboard_id: UUID) -> set[str]: ...

    async def room_participants(self, dashboard_id: UUID) -> set[UUID]:
        """The users of these connections."""
