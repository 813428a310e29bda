"""Writes weft.json, the Grafana dashboard, from the rows below; a test holds one to the other.

`python -m deploy.grafana.make_dashboard`, whenever a measure is added to weft/measures.py.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from weft.measures import MEASURES, Kind

FILE = Path(__file__).with_name("weft.json")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
PREFIX = "ray_weft_"  # Ray puts its own name before ours
WHICH = '{process=~"$process"}'
WIDTH, HEIGHT, COLUMNS = 8, 7, 24


class Panel(NamedTuple):
    title: str
    measures: tuple[str, ...]
    unit: str = "short"  # as Grafana names it


ROWS: dict[str, tuple[Panel, ...]] = {
    "Editing": (
        Panel("Committed", ("submissions", "operations"), "ops"),
        Panel("Acknowledged after", ("acknowledge_ms",), "ms"),
        Panel("Refused, by code", ("rejections",), "ops"),
        Panel("One group commit", ("commit_ms",), "ms"),
        Panel("Submissions in one commit", ("commit_submissions",)),
        Panel("Submissions that wait for a commit", ("commit_queue",)),
        Panel("Versions transformed over", ("transform_versions",)),
        Panel("How late event loops are", ("loop_lag_ms",), "ms"),
        Panel("Not sent, or not kept", ("drops",), "ops"),
    ),
    "Owners": (
        Panel("Dashboards", ("dashboards",)),
        Panel("Subscriptions", ("subscriptions",)),
        Panel("Opened, and given up to another owner", ("opened", "stepped_down"), "ops"),
        Panel("Joins, and pages read for who was far behind", ("joins", "catch_ups"), "ops"),
        Panel("Checkpoints", ("checkpoints",), "ops"),
        Panel("Restarts, and links lost", ("restarts", "links_lost"), "ops"),
    ),
    "Gateways": (
        Panel("Sockets", ("connections",)),
        Panel("Of these authenticated", ("sessions",)),
        Panel("People and their tabs in rosters", ("presence",)),
        Panel("Frames received", ("frames",), "ops"),
        Panel("Sockets closed, by code", ("closes",), "ops"),
        Panel("Waits for readers", ("outgoing_bytes",), "bytes"),
        Panel("Producers of live values", ("feeds",)),
        Panel("Waits for the directory", ("records_waiting",)),
        Panel("Webhooks told", ("webhook_deliveries",), "ops"),
        Panel("Plug-ins that fail", ("plugin_failures",), "ops"),
    ),
}


def queries(name: str) -> list[tuple[str, str]]:
    """(PromQL, legend) of one measure."""
    measure, metric = MEASURES[name], PREFIX + name
    if measure.kind is Kind.LEVEL:
        return [(f"sum by (process) ({metric}{WHICH})", "{{process}}")]
    if measure.kind is Kind.SPREAD:
        buckets = f"sum by (le) (rate({metric}_bucket{WHICH}[$__rate_interval]))"
        shares = {"p50": 0.5, "p99": 0.99}
        return [(f"histogram_quantile({share}, {buckets})", at) for at, share in shares.items()]
    rate = f"(rate({metric}_total{WHICH}[$__rate_interval]))"
    if measure.label is None:
        return [(f"sum{rate}", name)]
    return [(f"sum by ({measure.label}) {rate}", f"{{{{{measure.label}}}}}")]


def dashboard() -> dict[str, Any]:
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        panels.append({"type": "row", "title": title, "gridPos": place, "collapsed": False})
        top += 1
        for number, panel in enumerate(row):
            below, beside = divmod(number * WIDTH, COLUMNS)
            place = {"x": beside, "y": top + below * HEIGHT, "w": WIDTH, "h": HEIGHT}
            panels.append(_time_series(panel, place))
        top += -(-len(row) * WIDTH // COLUMNS) * HEIGHT
    for number, each in enumerate(panels, 1):
        each["id"] = number
    return {
        "uid": "weft",
        "title": "Weft",
        "tags": ["weft"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [_data_source(), _process()]},
        "panels": panels,
    }


def _time_series(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    told = [query for name in panel.measures for query in queries(name)]
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": " ".join(MEASURES[name].meaning for name in panel.measures),
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "expr": expr, "legendFormat": legend}
            for number, (expr, legend) in enumerate(told)
        ],
    }


def _data_source() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus"}


def _process() -> dict[str, Any]:
    return {
        "name": "process",
        "label": "Owner or gateway",
        "type": "query",
        "datasource": SOURCE,
        "query": f"label_values({PREFIX}loop_lag_ms_count, process)",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def text() -> str:
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
