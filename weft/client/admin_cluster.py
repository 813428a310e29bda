"""The cluster in the admin client: who is there, and where a dashboard is to be."""

from uuid import UUID

from weft.client.http_admin_requests import AdminRequests
from weft.wire.cluster import ClusterReport, Place


class AdminCluster:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def read(self) -> ClusterReport:
        return await self._requests.get(ClusterReport, "/api/cluster")

    async def move(self, dashboard_id: UUID, owner_id: str) -> None:
        """To the owner of that name, while people go on editing it."""
        path = f"/api/dashboards/{dashboard_id}/place"
        await self._requests.write("PUT", path, Place(owner_id=owner_id))
