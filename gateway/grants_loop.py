"""Law 6, permission is sequenced, from the side of who has changed a grant: the change is in
PostgreSQL, and counts everywhere when this returns.

The owner that has the dashboard open reads anew and says under which epoch it does. If that is the
epoch in PostgreSQL, it alone can commit. Whatever else is the case, the fence gives the law.
"""

import asyncio
import logging
from collections.abc import Iterable
from uuid import UUID

import orjson

from gateway.link_loop import UNREACHABLE, OwnerLinks
from storage.ports import Directory, Head, OperationLog
from weft import limits
from weft.errors import WeftError
from weft.wire.link import Regrant

log = logging.getLogger("weft.gateway.grants")


class LinkedEnforcement:
    """The port `storage.identity_ports.Enforcement`, over the links of this gateway."""

    def __init__(self, directory: Directory, links: OwnerLinks, operations: OperationLog) -> None:
        self._directory = directory
        self._links = links
        self._log = operations
        self._turns = asyncio.Semaphore(limits.REGRANTS_MAX_AT_ONCE)

    async def __call__(self, dashboard_ids: Iterable[UUID]) -> None:
        """Of anybody on these. Raises what `changed` raises, when it has tried all of them."""
        changes = [self.changed(dashboard_id) for dashboard_id in dashboard_ids]
        for outcome in await asyncio.gather(*changes, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def changed(self, dashboard_id: UUID, user_id: UUID | None = None) -> None:
        """Of one user, or of anybody. On return no operation commits that is not granted now.

        Raises WeftError storage_unavailable: PostgreSQL holds the change, and whether an owner
        goes on by the old grants is not known. It may be called again.
        """
        async with self._turns:
            epoch = await self._told(dashboard_id, user_id)
            head = await self._log.head(dashboard_id)
            if head is not None and head.epoch != epoch:
                await self._fence(dashboard_id, head)

    async def _told(self, dashboard_id: UUID, user_id: UUID | None) -> int | None:
        """The epoch of the owner that goes by the new grants; None: none is known to."""
        try:
            async with asyncio.timeout(limits.REGRANT_TIMEOUT_SECONDS):
                owner = await self._directory.holder(dashboard_id)
                if owner is None:
                    return None
                link = await self._links.to(owner)
                answer = orjson.loads(await link.ask(Regrant(0, dashboard_id, user_id)))
        except (*UNREACHABLE, WeftError) as error:
            log.warning("dashboard %s: no owner was told of its grants: %s", dashboard_id, error)
            return None
        epoch = answer.get("epoch")
        return epoch if isinstance(epoch, int) else None

    async def _fence(self, dashboard_id: UUID, head: Head) -> None:
        """Whoever has opened it before this can commit no more; who opens it reads the grants."""
        for _ in range(limits.FENCE_ATTEMPTS):
            if await self._log.shut_out(dashboard_id, head.epoch) is not None:
                return
            now = await self._log.head(dashboard_id)
            if now is None:
                return
            head = now  # an owner may have raised it itself, and not by opening
        raise WeftError("storage_unavailable", "The dashboard could not be fenced.")
