"""What the members of a cluster tell of themselves, and what is asked of a cluster over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.models import Record
from weft.models.field import Whole

Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class MemberReport(Record):
    """Of one process. `lagMs`: how late its event loop wakes, at worst since the report before;
    `cpu`: of one core, 1.0 is all of it; both are of the last second or so.
    """

    name: Name
    host: str
    pid: Whole
    version: str
    cpu: Rate
    lag_ms: Rate


class HotDashboard(Record):
    dashboard_id: UUID
    operations_per_second: Rate


class OwnerReport(MemberReport):
    """`hot`: the busiest dashboards first. `queued`: submissions that wait to commit."""

    url: str
    dashboards: Whole
    subscribers: Whole
    queued: Whole
    operations_per_second: Rate
    hot: tuple[HotDashboard, ...] = ()


class GatewayReport(MemberReport):
    ws_url: str
    http_url: str
    connections: Whole
    sessions: Whole


class ClusterReport(Record):
    """Of those that have told of themselves in the last seconds, by name."""

    owners: tuple[OwnerReport, ...]
    gateways: tuple[GatewayReport, ...]


class Place(Record):
    """Which owner a dashboard is at, or is to go to."""

    owner_id: Name
