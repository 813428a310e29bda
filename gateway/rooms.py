"""Encode once, forward the same bytes: who follows which dashboard over one link."""

from collections.abc import Collection
from typing import Generic, TypeVar
from uuid import UUID

Member = TypeVar("Member")  # anything hashable


class Rooms(Generic[Member]):
    """Dashboard to members, in the order in which they entered."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, dict[Member, None]] = {}

    def enter(self, dashboard_id: UUID, member: Member) -> None:
        self._rooms.setdefault(dashboard_id, {})[member] = None

    def leave(self, dashboard_id: UUID, member: Member) -> None:
        """Leaving a room one is not in changes nothing."""
        room = self._rooms.get(dashboard_id)
        if room is not None:
            room.pop(member, None)
            if not room:
                del self._rooms[dashboard_id]

    def members(self, dashboard_id: UUID) -> Collection[Member]:
        return self._rooms.get(dashboard_id, {}).keys()

    def __len__(self) -> int:
        return len(self._rooms)
