"""Law 8, presence is true, on the client's side: who else is here, and where this user is.

Each `Present` says at which version its offsets hold. What has committed since moves them when
somebody looks; a presence that is ahead of this replica waits for its commits. Own whereabouts are
kept as the user sees them, and told as of the confirmed document. `believed` is what the others
make of what was told last: only what differs from it is news.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from weft.client.events import Connected, Disconnected, Received, ReplicaEvent
from weft.client.instructions import ShowPresence
from weft.client.places import Whereabouts
from weft.errors import WeftError
from weft.limits import PRESENCE_HISTORY_VERSIONS, PRESENCE_MAX_BYTES, SELECTION_RANGES_MAX
from weft.models.presence import PresenceUser, Present
from weft.ot.operation import Operations
from weft.wire.codec import encode
from weft.wire.messages import Ended, Joined, PresenceChanged, Roster, SetPresence


class Person(NamedTuple):
    """A user who is here, with all their connections: two tabs are two."""

    user: PresenceUser
    connections: tuple[Present, ...]

    @property
    def is_active(self) -> bool:
        return any(each.is_active for each in self.connections)


class Step(NamedTuple):
    version: int
    replica_id: UUID
    operations: Operations


class Attendance:
    """Of one replica. `handle` after the replica has handled the same event."""

    def __init__(self, replica_id: UUID, version: int = 0) -> None:
        self.connection_id = ""
        self._replica_id = replica_id
        self._version = version
        self._steps: list[Step] = []  # the newest ones that have committed
        self._present: dict[str, Present] = {}
        self._own: Whereabouts | None = None  # as the user sees it; None: nothing was set
        self._believed: tuple[Whereabouts, int] | None = None  # and the version; None: nothing
        self._is_joined = False
        self.may_have_news = False

    # --- the server ----------------------------------------------------------------------------

    def handle(self, event: ReplicaEvent) -> list[ShowPresence]:
        match event:
            case Connected(connection_id):
                self.connection_id = connection_id
            case Disconnected() | Received(Ended()):
                self._is_joined = False
                self._believed = None
                return self._replace(())
            case Received(Joined(roster=roster)):
                self._is_joined = self.may_have_news = True
                self._believed = None
                return self._replace(roster or ())
            case Received(Roster(roster=roster)):
                return self._replace(roster)
            case Received(PresenceChanged(changed=changed, left=left)):
                return self._change(changed, left)
        return []

    def follow(self, step: Step) -> None:
        """What has committed, version after version."""
        self._version = step.version
        self._steps.append(step)
        if step.replica_id == self._replica_id:
            self.may_have_news = True
        if len(self._steps) > 2 * PRESENCE_HISTORY_VERSIONS:
            self._bring_up()
            del self._steps[:PRESENCE_HISTORY_VERSIONS]

    def start_afresh(self, version: int) -> None:
        """A snapshot: nobody knows here what came between."""
        self._bring_up()
        self._version = version
        self._steps = []

    # --- others --------------------------------------------------------------------------------

    def others(self, pending: Operations) -> tuple[Present, ...]:
        """Every other connection, as of the confirmed document with `pending` edits."""
        self._bring_up()
        return tuple(_moved(each, pending) for each in self._others())

    def people(self, pending: Operations) -> tuple[Person, ...]:
        """Everybody by user, this one included, in the order in which they came."""
        self._bring_up()
        found: dict[UUID, list[Present]] = {}
        for each in self._present.values():
            found.setdefault(each.user_id, []).append(_moved(each, pending))
        return tuple(Person(each[-1].user, tuple(each)) for each in found.values())

    def _others(self) -> list[Present]:
        own, present = self.connection_id, self._present.values()
        return [each for each in present if each.connection_id != own]

    def _change(self, changed: Sequence[Present], left: Sequence[str]) -> list[ShowPresence]:
        """Looks at these alone: in a full room such frames come thirty times a second."""
        own, is_news = self.connection_id, False
        for each in changed:
            known = self._present.get(each.connection_id)
            is_news |= each.connection_id != own and known != each
            self._present[each.connection_id] = each
        for connection_id in left:
            is_news |= self._present.pop(connection_id, None) is not None and connection_id != own
        return [ShowPresence()] if is_news else []

    def _replace(self, roster: Sequence[Present]) -> list[ShowPresence]:
        before = self._others()
        self._present = {each.connection_id: each for each in roster}
        return [ShowPresence()] if self._others() != before else []

    def _bring_up(self) -> None:
        """Everybody to this version."""
        for connection_id, present in self._present.items():
            version = self._version if present.version is None else present.version
            if version > self._version or version == present.version == self._version:
                continue
            before = _whereabouts(present)
            after = self._brought(before, version, present.replica_id)
            changes = {"version": self._version} | (_fields(after) if after != before else {})
            self._present[connection_id] = present.model_copy(update=changes)

    def _brought(self, where: Whereabouts, version: int, replica_id: UUID) -> Whereabouts:
        """From `version` to this one; `replica_id`: whose edits move it along."""
        if version >= self._version or not where.is_in_document:
            return where
        if version < self._version - len(self._steps):
            return where.lost()
        for step in self._steps[version - self._version :]:
            where = where.moved(step.operations, own=step.replica_id == replica_id)
        return where

    # --- this user -----------------------------------------------------------------------------

    def set(self, own: Whereabouts) -> None:
        """Raises WeftError too_large, and nothing has changed."""
        if len(own.selection or ()) > SELECTION_RANGES_MAX:
            raise WeftError("too_large", f"At most {SELECTION_RANGES_MAX} ranges are selected.")
        if len(encode(_told(own, UUID(int=0), 0))) > PRESENCE_MAX_BYTES - 32:  # of the version
            raise WeftError("too_large", f"A presence has at most {PRESENCE_MAX_BYTES} bytes.")
        self._own = own
        self.may_have_news = True

    def change_view(self, operations: Operations, *, own: bool) -> None:
        """What is shown has changed: where the user is moves with it."""
        if self._own is not None and self._own.is_in_document:
            self._own = self._own.moved(operations, own=own)
            self.may_have_news = True

    def news(self, dashboard_id: UUID, undo: Callable[[], Operations]) -> SetPresence | None:
        """What to tell the others now. `undo`: from what is shown to what is confirmed."""
        if not self._is_joined or self._own is None:
            return None
        self.may_have_news = False
        own = self._own
        if own.is_in_document:
            own = own.moved(undo(), own=False)
        if self._believed is not None and self._believes(own, *self._believed):
            return None
        self._believed = (own, self._version)
        return _told(own, dashboard_id, self._version)

    def _believes(self, own: Whereabouts, told: Whereabouts, version: int) -> bool:
        if not own.is_in_document:
            return own == told
        is_recent = self._version - version < PRESENCE_HISTORY_VERSIONS  # for those who join later
        return is_recent and self._brought(told, version, self._replica_id) == own


def _told(own: Whereabouts, dashboard_id: UUID, version: int) -> SetPresence:
    return SetPresence(
        dashboard_id=dashboard_id,
        version=version,
        cursor=own.cursor,
        selection=None if own.selection is None else list(own.selection),
        viewport=own.viewport,
        is_active=own.is_active,
    )


def _whereabouts(present: Present) -> Whereabouts:
    return Whereabouts(present.cursor, present.selection, present.viewport, present.is_active)


def _fields(where: Whereabouts) -> dict[str, object]:
    return {"cursor": where.cursor, "selection": where.selection}


def _moved(present: Present, operations: Operations) -> Present:
    before = _whereabouts(present)
    after = before.moved(operations, own=False)
    return present if after == before else present.model_copy(update=_fields(after))
