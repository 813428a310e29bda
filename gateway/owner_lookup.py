"""What a gateway goes by when nobody is known to hold a dashboard, and while Redis is away."""

from collections.abc import Collection, Iterable
from uuid import UUID

from storage.ports import OwnerAddress
from storage.rendezvous import rendezvous_owner


class KnownOwners:
    """The owners last seen in the directory: what a gateway goes by while Redis is away."""

    def __init__(self) -> None:
        self._owners: dict[str, OwnerAddress] = {}

    def learn(self, owners: Iterable[OwnerAddress]) -> None:
        """These are all. An empty answer is forgotten: it teaches no place to go."""
        self._owners = {owner.owner_id: owner for owner in owners} or self._owners

    def add(self, owner: OwnerAddress) -> None:
        """This one is alive too, perhaps in a new incarnation."""
        self._owners[owner.owner_id] = owner

    def beside(self, owner: OwnerAddress) -> set[OwnerAddress]:
        """It and those of its host: what one of them cannot reach, the others cannot either."""
        host = _host(owner)
        return {owner, *(each for each in self._owners.values() if _host(each) == host)}

    def choose(
        self, dashboard_id: UUID, unreachable: Collection[OwnerAddress] = ()
    ) -> OwnerAddress | None:
        candidates = [owner for owner in self._owners.values() if owner not in unreachable]
        return rendezvous_owner(dashboard_id, candidates)


def _host(owner: OwnerAddress) -> str:
    """ws://host:port/link"""
    return owner.url.rpartition(":")[0]
