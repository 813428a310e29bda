"""Sessions as Redis knows them, under the seed's keys: to be reached from everywhere.

A mirror, written after PostgreSQL and best effort: nobody is let in by it. Of a token the hash.
"""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from weft.models import Session


class SessionIndex(Protocol):
    """Everything raises WeftError storage_unavailable."""

    async def remember(self, session: Session, token_hash: str) -> None:
        """Until it expires."""

    async def forget(self, user_id: UUID, session_ids: Collection[UUID] | None = None) -> None:
        """These, or all of the user."""

    async def sessions_of(self, user_id: UUID) -> frozenset[UUID]: ...
