"""Sending a dashboard to the owner that somebody has named, wherever it is now."""

import asyncio
from uuid import UUID

import orjson

from gateway.link_loop import UNREACHABLE, OwnerLinks
from gateway.owner_edits_loop import error_in
from storage.ports import Directory, OperationLog, OwnerAddress
from weft import limits
from weft.errors import WeftError
from weft.wire.link import Move


class LinkedMover:
    """Over the links of this gateway."""

    def __init__(self, directory: Directory, links: OwnerLinks, operations: OperationLog) -> None:
        self._directory = directory
        self._links = links
        self._log = operations

    async def move(self, dashboard_id: UUID, owner_id: str) -> None:
        """On return it is at that owner. One that is open nowhere is opened there when it is asked
        for.

        Raises WeftError unknown_dashboard, not_found (no such owner), owner_unavailable,
        storage_unavailable.
        """
        if await self._log.head(dashboard_id) is None:
            raise WeftError("unknown_dashboard")
        owners = {owner.owner_id: owner for owner in await self._directory.owners()}
        heir = owners.get(owner_id)
        if heir is None:
            raise WeftError("not_found", f"There is no live owner {owner_id}.")
        holder = await self._directory.claim(dashboard_id, heir)
        if holder == heir:
            return
        try:
            async with asyncio.timeout(limits.MOVE_TIMEOUT_SECONDS):
                await self._ask(holder, dashboard_id, heir)
        except UNREACHABLE as error:
            message = f"{holder.owner_id}, which has it, does not answer: {error}"
            raise WeftError("owner_unavailable", message) from None

    async def _ask(self, holder: OwnerAddress, dashboard_id: UUID, heir: OwnerAddress) -> None:
        link = await self._links.to(holder)
        answer = orjson.loads(await link.ask(Move(0, dashboard_id, *heir_fields(heir))))
        if "code" in answer:
            error = error_in(answer)
            if error.code != "not_found":
                raise error
            # It has let go of it meanwhile, or had only its lock.
            if not await self._directory.hand_over(dashboard_id, holder, heir):
                raise WeftError("owner_unavailable", "It moves already.")


def heir_fields(heir: OwnerAddress) -> tuple[str, str, str]:
    return heir.owner_id, heir.incarnation, heir.url
