"""`make loadtest`: people on a running system, or on one of its own; a report; a verdict.

    python -m loadtests                                   # 30 s on a system of its own
    python -m loadtests --data-dir .weft --shape spike    # on the one that `weft up` runs there
    python -m loadtests --url wss://… --http https://… --admin-key KEY --people 300 --seconds 600

Exit 0: within budget; 1: not; 2: it could not begin. The admin key may be in WEFT_ADMIN_KEY.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.cluster import running_system
from cluster.data_dir_file import find_running
from loadtests.budgets import check_budgets
from loadtests.http_stage import prepare
from loadtests.shapes import SHAPES
from weft.errors import WeftError

HERE = Path(__file__).parent
STARTING_SECONDS = 120.0  # beyond the time of the test: a hung Locust is ended


def main() -> int:
    arguments = parse()
    try:
        check_budgets(tomllib.loads(arguments.budgets.read_text()))
        with target(arguments) as (ws, http, admin_key):
            return play(arguments, ws, http, admin_key)
    except (WeftError, OSError, ValueError) as error:
        print(f"loadtests: {error}", file=sys.stderr)
        return 2


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--url", help="sockets of a running system, ws://…")
    parser.add_argument("--http", help="its HTTP API")
    parser.add_argument("--admin-key", default=os.environ.get("WEFT_ADMIN_KEY"))
    parser.add_argument("--data-dir", type=Path, help="of a system that runs on this machine")
    parser.add_argument("--shape", choices=SHAPES, default="ramp")
    parser.add_argument("--people", type=int, default=50, help="at most at once")
    parser.add_argument("--dashboards", type=int, default=5, help="among which they are dealt out")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--budgets", type=Path, default=HERE / "budgets.toml")
    parser.add_argument("--report", type=Path, default=Path("loadtest.html"), help="HTML, written")
    parser.add_argument("--web", action="store_true", help="Locust's page instead of headless")
    parser.add_argument("--json", action="store_true", help="the outcome as one JSON object")
    arguments = parser.parse_args()
    if min(arguments.people, arguments.dashboards, arguments.seconds) <= 0:
        parser.error("people, dashboards and seconds are above 0")
    if bool(arguments.url) != bool(arguments.http) or (arguments.url and not arguments.admin_key):
        parser.error("--url, --http and --admin-key belong together")
    return arguments


@contextmanager
def target(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """Sockets, HTTP, admin key. Raises WeftError misconfigured."""
    if arguments.url:
        yield arguments.url, arguments.http, arguments.admin_key
    elif arguments.data_dir:
        running = find_running(arguments.data_dir)
        if running is None:
            raise WeftError("misconfigured", f"No system runs on {arguments.data_dir}.")
        yield running.ws, running.http, running.admin_key
    else:
        with running_system() as system:
            yield tuple(system.ready[each] for each in ("ws", "http", "admin_key"))


def play(arguments: argparse.Namespace, ws: str, http: str, admin_key: str) -> int:
    print("making users and dashboards …", file=sys.stderr)
    dashboards = min(arguments.dashboards, arguments.people)
    stage = asyncio.run(
        prepare(ws, http, admin_key, dashboards=dashboards, people=arguments.people)
    )
    with tempfile.TemporaryDirectory(prefix="weft-loadtest-") as directory:
        plan, outcome = Path(directory) / "plan.json", Path(directory) / "outcome.json"
        plan.touch(mode=0o600)  # it holds tokens
        told = {
            "stage": stage.to_json(),
            "shape": arguments.shape,
            "people": arguments.people,
            "seconds": arguments.seconds,
            "budgets": str(arguments.budgets.resolve()),
            "outcome": str(outcome),
        }
        plan.write_text(json.dumps(told))
        run_locust(arguments, plan)
        if not outcome.exists():
            raise OSError("Locust ended without an outcome")
        return report(json.loads(outcome.read_text()), arguments.json)


def run_locust(arguments: argparse.Namespace, plan: Path) -> None:
    command = [sys.executable, "-m", "locust", "-f", str(HERE / "locustfile.py")]
    command += ["--html", str(arguments.report)]
    if not arguments.web:
        command += ["--headless", "--only-summary", "--stop-timeout", "1"]
    environment = {**os.environ, "WEFT_LOADTEST_PLAN": str(plan), "PYTHONPATH": str(HERE.parent)}
    limit = None if arguments.web else arguments.seconds + STARTING_SECONDS
    subprocess.run(command, env=environment, stdout=sys.stderr, timeout=limit, check=False)


def report(outcome: dict[str, Any], as_json: bool) -> int:
    is_kept = not outcome["breaches"]
    if as_json:
        print(json.dumps(outcome | {"ok": is_kept}))
    else:
        for name, figures in sorted(outcome["metrics"].items()):
            shown = "  ".join(f"{key} {value:g}" for key, value in figures.items())
            print(f"{name:18} {shown}")
        for line in outcome["breaches"]:
            print(f"over budget: {line}")
        print("within budget" if is_kept else "NOT within budget")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
