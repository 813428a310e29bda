"""Law 3, exactly once, for edits that come over HTTP: what is asked of the way to the owner.

An edit has a replica of its own, named by the request. Sent again under that name it is the same
submission, whatever became of the first, and the owner tells where it has committed.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from weft.models.address import Address

SEQUENCE: Final = 1  # the one submission that such a replica ever makes

Operation = dict[str, Any]  # its wire JSON


@dataclass(frozen=True, slots=True)
class Edit:
    """One atomic submission, made at `base_version`."""

    dashboard_id: UUID
    user_id: UUID
    replica_id: UUID
    base_version: int
    operations: tuple[Operation, ...]
    address: Address | None = None  # of who asks, as seen past the trusted proxies
    guard: str | None = None
    """What nothing may have touched since the base: a widget's id, or ANYTHING of the dashboard."""


class OwnerEdits(Protocol):
    async def submit(self, edit: Edit) -> int:
        """The version at which it has committed (law 2), for the first time or before.

        Raises WeftError: whatever the owner refuses it with; `conflict` with `headVersion` when
        something came in between that touched its guard; owner_unavailable: it is not known
        whether it has committed, and the same edit may be submitted again.
        """
