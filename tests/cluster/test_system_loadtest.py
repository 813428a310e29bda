"""A short load test on the running system, as `make loadtest` runs it, and its verdict."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.seat import METRICS
from tests.cluster.world import PATIENCE_SECONDS, RunningSystem

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
SECONDS = 4
PEOPLE = 12


async def played(system: RunningSystem, budgets: str, directory: Path) -> tuple[int, Any]:
    """Exit code and outcome."""
    path = directory / "budgets.toml"
    path.write_text(budgets)
    done = await asyncio.to_thread(
        subprocess.run,
        [
            sys.executable, "-m", "loadtests", "--json",
            "--url", system.ready["ws"], "--http", system.ready["http"],
            "--people", str(PEOPLE), "--dashboards", "2", "--seconds", str(SECONDS),
            "--budgets", str(path), "--report", str(directory / "report.html"),
        ],
        cwd=ROOT, env={**os.environ, "WEFT_ADMIN_KEY": system.ready["admin_key"]},
        capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


async def test_a_load_test_measures_everything_and_a_breach_is_told_and_no_success(
    system: RunningSystem, tmp_path: Path
) -> None:
    """Within generous limits it passes but for one, which nothing can keep: that alone is told."""
    lines = [f'["{metric}"]\ncount = 1\nfailures = 0' for metric in (*METRICS, "joined")]
    lines += [f'["{name}"]\nfailures = 0' for name in ("refused", "connection lost")]
    within = "\n".join(lines)
    impossible = within.replace('["edit visible"]', '["edit visible"]\np99_ms = 0')
    code, outcome = await played(system, impossible, tmp_path)
    metrics = outcome["metrics"]
    assert [each.split(":")[0] for each in outcome["breaches"]] == ["edit visible"], outcome
    assert (code, outcome["ok"]) == (1, False)
    assert metrics["joined"]["count"] == PEOPLE
    for metric in METRICS:
        figures = metrics[metric]
        assert figures["count"] > 0, (metric, figures)
        assert figures["p50_ms"] <= figures["p99_ms"] < 1000 * PATIENCE_SECONDS, (metric, figures)
    html = (tmp_path / "report.html").read_text()
    for metric in METRICS:
        assert metric in html
