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


def nodes(cluster: ClusterReport) -> list[dict[str, Any]]:
    """What is on each, by its address (of a system on one machine: by its name)."""
    return [_node(cluster, host) for host in sorted(_hosts(cluster))]


def _hosts(cluster: ClusterReport) -> set[str]:
    return {each.host for each in (*cluster.owners, *cluster.gateways)}


def _node(cluster: ClusterReport, host: str) -> dict[str, Any]:
    owners = [each for each in cluster.owners if each.host == host]
    gateways = [each for each in cluster.gateways if each.host == host]
    return {
        "address": host,
        "owners": len(owners),
        "gateways": len(gateways),
        "dashboards": sum(each.dashboards for each in owners),
        "connections": sum(each.connections for each in gateways),
        "cpu": round(sum(each.cpu for each in (*owners, *gateways)), 2),
    }


def versions(cluster: ClusterReport) -> list[str]:
    return sorted({each.version for each in (*cluster.owners, *cluster.gateways)})


def lines(cluster: ClusterReport) -> list[str]:
    there = nodes(cluster)
    told = ["nodes", *map(_node_line, there)]
    told += ["owners", *map(_owner, cluster.owners)]
    told += ["gateways", *map(_gateway, cluster.gateways)]
    dashboards = sum(each.dashboards for each in cluster.owners)
    connections = sum(each.connections for each in cluster.gateways)
    rate = sum(each.operations_per_second for each in cluster.owners)
    told.append(
        f"{len(there)} nodes, {dashboards} dashboards open, {connections} connections, "
        f"{rate:.1f} operations/s, version {', '.join(versions(cluster)) or 'unknown'}"
    )
    return told


def _node_line(node: dict[str, Any]) -> str:
    return (
        f"  {node['address']:37} {node['owners']:6} owners {node['gateways']:6} gateways "
        f"{node['dashboards']:6} dashboards {node['connections']:6} connections  "
        f"CPU {node['cpu']:.2f}"
    )


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
