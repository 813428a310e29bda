"""What of one dashboard becomes durable beside the log, and when it leaves memory.

Checkpoints and live data are written one after the other, never twice at once; nothing waits for
them, and nothing that was acknowledged depends on them. Pure.
"""

from collections.abc import Callable
from uuid import UUID

from actors.events import LiveWritten
from actors.instructions import Instruction, Unload, WriteCheckpoint
from actors.live_data import LiveData
from actors.replicas import Replicas
from actors.sequencer import Sequencer
from actors.upkeep import Upkeep
from storage.ports import Checkpoint

Instructions = list[Instruction]


class Keeping:
    """`is_deserted`: whether nobody follows it or feeds it."""

    def __init__(
        self,
        dashboard_id: UUID,
        upkeep: Upkeep,
        sequencer: Sequencer,
        replicas: Replicas,
        *,
        live: LiveData,
        is_deserted: Callable[[], bool],
    ) -> None:
        self._dashboard_id = dashboard_id
        self._upkeep = upkeep
        self._sequencer = sequencer
        self._replicas = replicas
        self._live = live
        self._is_deserted = is_deserted

    def keep_up(self) -> Instructions:
        upkeep, sequencer = self._upkeep, self._sequencer
        oldest = sequencer.history.get(upkeep.checkpointed_version + 1)
        if upkeep.is_due(sequencer.durable_version, oldest.at_ms if oldest else 0):
            upkeep.writing = True
            return [WriteCheckpoint(self._checkpoint())]
        if upkeep.writing or sequencer.durable_version != upkeep.checkpointed_version:
            return []
        writing = self._live.write_if_due(upkeep.now_ms, leaving=upkeep.leaving)
        if not writing and upkeep.leaving and self._is_idle:
            return [Unload()]
        return writing

    def checkpoint_written(self, version: int) -> Instructions:
        self._upkeep.written(version)
        return [*self._live.write_beside_checkpoint(), *self.keep_up()]

    def checkpoint_failed(self) -> Instructions:
        self._upkeep.failed()
        return self._give_up()

    def live_written(self, event: LiveWritten) -> Instructions:
        self._live.written(event)
        return self._give_up() if event.widget_ids is None else self.keep_up()

    def ticked(self, now_ms: int) -> Instructions:
        self._upkeep.tick(now_ms, idle=self._is_idle)
        return self.keep_up()

    @property
    def _is_idle(self) -> bool:
        under_way = self._sequencer.has_uncommitted or self._upkeep.writing or self._live.is_writing
        return self._is_deserted() and not under_way

    def _give_up(self) -> Instructions:
        """An owner that is being stopped does not wait for PostgreSQL; any other tries again."""
        return [Unload()] if self._upkeep.stopping else []

    def _checkpoint(self) -> Checkpoint:
        since, sequencer = self._upkeep.checkpointed_version, self._sequencer
        return Checkpoint(
            self._dashboard_id,
            sequencer.durable_version,
            sequencer.durable.to_json(),
            operations_count=sequencer.durable_version - since,
            replicas=self._replicas.marks_above(since),
        )
