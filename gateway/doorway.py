"""Law 9, the slow pay alone, before anybody has said who they are: how many may be in the doorway.

A gateway has so many connections in all, and so many of one address. Of those who have not said who
they are there are far fewer, and the one who has been silent longest makes room for the next: a
flood of silent ones keeps out only itself, for whoever means it is known within milliseconds.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from weft import limits
from weft.models.address import Address

Guest = TypeVar("Guest")  # a connection; hashable


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one gateway."""

    connections: int = limits.CONNECTIONS_MAX_PER_GATEWAY
    per_address: int = limits.CONNECTIONS_MAX_PER_ADDRESS
    unknown: int = limits.UNKNOWN_MAX_PER_GATEWAY


class Doorway(Generic[Guest]):
    """Who has come in, and who of them is known. Each may be named again; it changes nothing."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._guests: dict[Guest, Address | None] = {}
        self._unknown: dict[Guest, None] = {}  # the first has waited longest
        self._of_address: dict[Address, int] = {}

    def __len__(self) -> int:
        return len(self._guests)

    def enters(self, guest: Guest) -> bool:
        """False: it is full."""
        if len(self._guests) >= self._bounds.connections:
            return False
        self._guests[guest] = None
        self._unknown[guest] = None
        return True

    def makes_room(self) -> Guest | None:
        """Who must go, for there are too many who are not known."""
        if len(self._unknown) <= self._bounds.unknown:
            return None
        guest = next(iter(self._unknown))
        self.leaves(guest)
        return guest

    def comes_from(self, guest: Guest, address: Address | None) -> bool:
        """False: too many come from there. An address that is not known is not counted."""
        if guest not in self._guests or address is None or self._guests[guest] is not None:
            return True
        there = self._of_address.get(address, 0)
        if there >= self._bounds.per_address:
            return False
        self._guests[guest] = address
        self._of_address[address] = there + 1
        return True

    def is_known(self, guest: Guest) -> None:
        self._unknown.pop(guest, None)

    def leaves(self, guest: Guest) -> None:
        self._unknown.pop(guest, None)
        address = self._guests.pop(guest, None)
        if address is not None:
            there = self._of_address[address] - 1
            self._of_address[address] = there
            if not there:
                del self._of_address[address]
