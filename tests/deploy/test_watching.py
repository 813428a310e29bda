"""Dashboard and alerts ask for figures that exist; every alert can be read up in the runbook."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from deploy.grafana import make_dashboard
from weft import limits
from weft.measures import MEASURES, Kind

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads(make_dashboard.FILE.read_text())
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
SCRAPING = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
OBSERVING = (ROOT / "docs/guide/observing.md").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
GRAFANA_VARIABLES = {"$__rate_interval": "1m", "$process": ".*"}
SUFFIXES = {
    Kind.COUNT: ("_total",),
    Kind.LEVEL: ("",),
    Kind.SPREAD: ("_bucket", "_sum", "_count"),
}
EXPORTED = {
    f"ray_weft_{name}{suffix}": name
    for name, measure in MEASURES.items()
    for suffix in SUFFIXES[measure.kind]
}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def alerts() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def selectors(expression: str) -> Iterator[tuple[str, set[str]]]:
    """(metric, labels asked for) of each selector. Raises ValueError if it is not PromQL."""
    for name, value in GRAFANA_VARIABLES.items():
        expression = expression.replace(name, value)
    promql_parser.parse(expression)
    for metric, asked in re.findall(r"\b(ray_weft_\w+)(?:\{([^}]*)\})?", expression):
        yield metric, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", asked))


def check(expression: str) -> set[str]:
    """The measures that it asks for: all of them exist, with these labels."""
    found = list(selectors(expression))
    assert found, expression
    for metric, labels in found:
        measure = MEASURES[EXPORTED[metric]]
        assert labels <= {"process", measure.label}, expression
    grouped = re.findall(r"\bby \(([\w, ]+)\)", expression)
    allowed = {"le", "process", *(MEASURES[EXPORTED[metric]].label for metric, _ in found)}
    assert {part for group in grouped for part in group.split(", ")} <= allowed, expression
    return {EXPORTED[metric] for metric, _ in found}


def test_every_panel_asks_for_figures_that_exist_and_every_figure_is_shown() -> None:
    shown: set[str] = set()
    for panel in panels():
        for target in panel["targets"]:
            shown |= check(target["expr"])
    assert shown == MEASURES.keys()


def test_the_dashboard_is_as_its_rows_are_written() -> None:
    assert make_dashboard.FILE.read_text() == make_dashboard.text(), (
        "run python -m deploy.grafana.make_dashboard"
    )


def test_panels_do_not_overlap() -> None:
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert max(x for x, _ in taken) < make_dashboard.COLUMNS


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_figures_that_exist(rule: dict[str, Any]) -> None:
    assert check(rule["expr"])
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]


def test_every_alert_is_in_the_runbook_and_the_runbook_knows_no_other() -> None:
    named = re.findall(r"^## (Weft\w+)$", RUNBOOK, re.MULTILINE)
    assert named == [rule["alert"] for rule in alerts()]


def test_bounds_in_alerts_are_those_of_the_program() -> None:
    [full] = [rule for rule in alerts() if rule["alert"] == "WeftGatewayIsFull"]
    threshold = int(full["expr"].rpartition(" ")[2])
    assert threshold == limits.CONNECTIONS_MAX_PER_GATEWAY * 0.8
    assert f"{limits.CONNECTIONS_MAX_PER_GATEWAY:,}" in full["annotations"]["summary"]


def test_the_guide_names_every_measure_and_nothing_that_is_gone() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", OBSERVING, re.MULTILINE)
    assert set(rows) == MEASURES.keys()
    assert len(rows) == len(MEASURES)


def test_prometheus_finds_the_targets_where_ray_tells_them() -> None:
    [job] = SCRAPING["scrape_configs"]
    [found] = job["http_sd_configs"]
    assert found["url"].endswith("/api/prometheus/sd")
    assert found["authorization"]["credentials_file"]
    assert SCRAPING["rule_files"] == ["rules.yml"]
