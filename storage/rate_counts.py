"""The shared counts behind rate limits: what all gateways have counted together."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Count(NamedTuple):
    """What all gateways have counted under a key, and when its window ends."""

    total: int
    remaining_ms: int


class RateCounts(Protocol):
    async def add(self, amounts: Mapping[str, tuple[int, int]]) -> dict[str, Count]:
        """key → (amount, ms that a window still has if it begins with this).

        Raises WeftError storage_unavailable; the caller goes on with its own counts.
        """
