"""The locks of one owner's dashboards in the directory: they tell gateways where to go, no more.

Law 5 does not rest on them: while Redis is away an owner opens without a lock, and the fence
decides. Who has just lost a dashboard does not take it back so: whoever took it would be fenced out
in its turn (docs/decisions/0060-who-lost-it-does-not-take-it-back.md).
"""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from actors.moving import moved_to
from storage.ports import Directory, OperationLog, OwnerAddress
from storage.rendezvous import rendezvous_owner
from weft.errors import WeftError
from weft.limits import EPOCH_STEP_SHUT_OUT, TAKEN_OVER_REST_SECONDS

logger = logging.getLogger(__name__)


class _Loss(NamedTuple):
    until: float  # it counts, by the clock
    epoch: int  # under which we had it open


class DashboardLocks:
    def __init__(
        self,
        directory: Directory,
        log: OperationLog,
        address: OwnerAddress,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: seconds."""
        self._directory = directory
        self._log = log
        self._clock = clock
        self._lost: dict[UUID, _Loss] = {}  # to others, perhaps
        self.address = address
        self.is_leaving = False  # then nothing new is taken

    async def claim(self, dashboard_id: UUID) -> None:
        """Raises WeftError owner_moved with `owner`: who holds it, or should; without, when that
        is not known here.
        """
        try:
            if self.is_leaving and (heir := await self.heir(dashboard_id)) is not None:
                raise moved_to(await self._directory.claim(dashboard_id, heir))
            holder = await self._directory.claim(dashboard_id, self.address)
        except WeftError as error:
            if error.code == "owner_moved":
                raise
            if await self._is_taken_over(dashboard_id):
                raise WeftError("owner_moved") from error
            logger.warning("dashboard %s is opened without a lock: %s", dashboard_id, error)
            return
        if holder.incarnation != self.address.incarnation:
            raise moved_to(holder)

    def lost(self, dashboard_id: UUID, epoch: int) -> None:
        """Somebody else has raised the epoch, which was this."""
        now = self._clock()
        self._lost = {each: loss for each, loss in self._lost.items() if loss.until > now}
        self._lost[dashboard_id] = _Loss(now + TAKEN_OVER_REST_SECONDS, epoch)

    async def _is_taken_over(self, dashboard_id: UUID) -> bool:
        """Not long ago. Who was shut out by changed grants finds that nobody has opened it since.

        Raises WeftError storage_unavailable.
        """
        loss = self._lost.get(dashboard_id)
        if loss is None or self._clock() >= loss.until:
            return False
        head = await self._log.head(dashboard_id)
        return head is None or (head.epoch - loss.epoch) % EPOCH_STEP_SHUT_OUT != 0

    async def release(self, dashboard_id: UUID) -> None:
        try:
            await self._directory.release(dashboard_id, self.address)
        except WeftError as error:
            logger.warning("dashboard %s keeps a lock it does not need: %s", dashboard_id, error)

    async def hand_over(self, dashboard_id: UUID, heir: OwnerAddress) -> OwnerAddress:
        """The heir; ourselves when the lock cannot be written: then it is opened here anew."""
        try:
            if await self._directory.hand_over(dashboard_id, self.address, heir):
                return heir
        except WeftError as error:
            logger.warning("dashboard %s is not handed over: %s", dashboard_id, error)
        return self.address

    async def heir(self, dashboard_id: UUID) -> OwnerAddress | None:
        """Who should have it when we leave; None: there is nobody else."""
        owners = await self._directory.owners()
        others = [each for each in owners if each.owner_id != self.address.owner_id]
        return rendezvous_owner(dashboard_id, others)

    async def claim_again(self, dashboard_id: UUID) -> None:
        """The directory may have lost it. Who has taken the dashboard over keeps it."""
        try:
            await self._directory.claim(dashboard_id, self.address)
        except Exception as error:  # noqa: BLE001  (the fence will tell in any case)
            logger.warning("dashboard %s is not claimed: %s", dashboard_id, error)
