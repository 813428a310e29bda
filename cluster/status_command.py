"""`weft status`: who is there, on which machines, and how they are."""

import argparse
from typing import Any

from cluster.http_admin_access import Answer, carry_out, shown
from cluster.settings import Settings
from weft.client.admin import AdminClient
from weft.wire.cluster import ClusterReport, GatewayReport, OwnerReport


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    async def status(admin: AdminClient) -> Answer:
        cluster = await admin.cluster.read()
        return to_json(cluster), [shown(line) for line in lines(cluster)]

    return carry_out(settings, arguments.http, arguments.json, status)


def to_json(cluster: ClusterReport) -> dict[str, Any]:
    return {"nodes": nodes(cluster), "versions": versions(cluster), **cluster.to_wire()}


def nodes(cluster: ClusterReport) -> list[str]:
    return sorted({each.host for each in (*cluster.owners, *cluster.gateways)})


def versions(cluster: ClusterReport) -> list[str]:
    return sorted({each.version for each in (*cluster.owners, *cluster.gateways)})


def lines(cluster: ClusterReport) -> list[str]:
    told = ["owners", *map(_owner, cluster.owners), "gateways", *map(_gateway, cluster.gateways)]
    dashboards = sum(each.dashboards for each in cluster.owners)
    connections = sum(each.connections for each in cluster.gateways)
    rate = sum(each.operations_per_second for each in cluster.owners)
    told.append(
        f"{len(nodes(cluster))} nodes, {dashboards} dashboards open, {connections} connections, "
        f"{rate:.1f} operations/s, version {', '.join(versions(cluster)) or 'unknown'}"
    )
    return told


def _owner(owner: OwnerReport) -> str:
    return (
        f"  {owner.name:16} {owner.host:20} {owner.dashboards:6} dashboards "
        f"{owner.subscribers:6} subscribers {owner.operations_per_second:8.1f} operations/s "
        f"{owner.queued:5} queued  CPU {owner.cpu:.2f}  lag {owner.lag_ms:.0f} ms"
    )


def _gateway(gateway: GatewayReport) -> str:
    return (
        f"  {gateway.name:16} {gateway.host:20} {gateway.connections:6} connections "
        f"{gateway.ws_url}  CPU {gateway.cpu:.2f}  lag {gateway.lag_ms:.0f} ms"
    )
