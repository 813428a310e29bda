"""Every gateway alike: who should own a dashboard when nobody is known to hold it."""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from uuid import UUID

from storage.ports import OwnerAddress


def rendezvous_owner(dashboard_id: UUID, owners: Iterable[OwnerAddress]) -> OwnerAddress | None:
    """The owner with the highest weight for this dashboard; None of none.

    When an owner comes or goes, only the dashboards that it wins or held change their place.
    """
    return max(owners, key=lambda owner: _weight(dashboard_id, owner.owner_id), default=None)


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

    def choose(
        self, dashboard_id: UUID, unreachable: Collection[OwnerAddress] = ()
    ) -> OwnerAddress | None:
        candidates = [owner for owner in self._owners.values() if owner not in unreachable]
        return rendezvous_owner(dashboard_id, candidates)


def _weight(dashboard_id: UUID, owner_id: str) -> tuple[bytes, str]:
    digest = blake2b(owner_id.encode(), key=dashboard_id.bytes, digest_size=8).digest()
    return digest, owner_id  # the id decides between equal digests
