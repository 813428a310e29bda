"""What an owner tells of itself, from what its dashboards, links and meter say."""

from collections.abc import Collection
from typing import Any

from actors.dashboard_service import DashboardService
from actors.load import LoadMeter


def owner_report(
    url: str, dashboards: Collection[DashboardService], meter: LoadMeter, now: float
) -> dict[str, Any]:
    """The fields of weft.wire.cluster.OwnerReport that are an owner's own, as JSON."""
    meter.measure({each.dashboard_id: each.submitted for each in dashboards}, now)
    return {
        "url": url,
        "dashboards": len(dashboards),
        "subscribers": sum(each.heart.subscribers for each in dashboards),
        "queued": sum(len(each.lane.queue) for each in dashboards),
        "operationsPerSecond": round(meter.total, 2),
        "hot": [
            {"dashboardId": str(dashboard_id), "operationsPerSecond": round(rate, 2)}
            for dashboard_id, rate in meter.hottest()
        ],
    }
