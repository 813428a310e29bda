"""Everyone alike: who should own a dashboard when nobody is known to hold it."""

from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

from storage.ports import OwnerAddress


def rendezvous_owner(dashboard_id: UUID, owners: Iterable[OwnerAddress]) -> OwnerAddress | None:
    """The owner with the highest weight for this dashboard; None of none.

    When an owner comes or goes, only the dashboards that it wins or held change their place.
    """
    return max(owners, key=lambda owner: _weight(dashboard_id, owner.owner_id), default=None)


def _weight(dashboard_id: UUID, owner_id: str) -> tuple[bytes, str]:
    digest = blake2b(owner_id.encode(), key=dashboard_id.bytes, digest_size=8).digest()
    return digest, owner_id  # the id decides between equal digests
