"""What a fault is, and what there is to hit."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from cluster.chaos.battlefield_service import Battlefield
from cluster.chaos.editor_loop import Editor
from cluster.chaos.signal_service import Victim

NOBODY = "nobody there"


@dataclass(frozen=True, slots=True)
class Target:
    """What there is to hit. `lot` in [0, 1) chooses."""

    field: Battlefield
    dashboards: Sequence[UUID]
    editors: Sequence[Editor]
    lot: float

    async def owner(self) -> tuple[int, int] | None:
        """(process, port) of the owner of one of the dashboards."""
        dashboard_id = self.dashboards[int(self.lot * len(self.dashboards))]
        return await self.field.owner_of(dashboard_id, self.lot)


class Fault:
    """`strike`, then after `lasts` seconds `mend`. One object per blow."""

    lasts: ClassVar[tuple[float, float]] = (0.0, 0.0)
    stops_all: ClassVar[bool] = False  # nobody can commit before it is mended
    needs_nodes: ClassVar[int] = 1

    async def strike(self, target: Target) -> str:
        """Whom it has hit, in words."""
        raise NotImplementedError

    async def mend(self, target: Target) -> None:
        """Also when `strike` hit nobody."""


class Pause(Fault):
    """SIGSTOP, then SIGCONT: it does not know that time has passed."""

    def __init__(self) -> None:
        self._victim: Victim | None = None

    async def strike(self, target: Target) -> str:
        pid = await self.process(target)
        if pid is None:
            return NOBODY
        self._victim = Victim.of(pid)
        self._victim.send(signal.SIGSTOP)
        return f"process {pid}"

    async def mend(self, target: Target) -> None:  # noqa: ARG002
        if self._victim is not None:
            self._victim.send(signal.SIGCONT)
            self._victim.close()

    async def process(self, target: Target) -> int | None:
        raise NotImplementedError
