"""What Locust runs: people on the stage that `python -m loadtests` has made, and its verdict.

    python -m loadtests --web        # then open Locust's page

Over budget, or with a failure that no budget allows, Locust ends with another code than 0.
"""

import json
import logging
import os
import tomllib
from dataclasses import asdict
from pathlib import Path

from locust import LoadTestShape, events
from locust.env import Environment
from locust.stats import RequestStats

from loadtests.budgets import Figures, breaches
from loadtests.shapes import people_at
from loadtests.stage import Stage
from loadtests.users import Dragger, Editor, Feeder, Person, Viewer

__all__ = ["Dragger", "Editor", "Feeder", "Shape", "Viewer"]

log = logging.getLogger("loadtests")

try:
    PLAN = json.loads(Path(os.environ["WEFT_LOADTEST_PLAN"]).read_text())
except KeyError:
    raise SystemExit(
        "Start it with `python -m loadtests`, which makes users and dashboards."
    ) from None

Person.stage = Stage.from_json(PLAN["stage"])


TURN_MAX_SECONDS = 2.0  # Locust asks every second; what is more, this machine has stood still


class Shape(LoadTestShape):
    """The one that was asked for, in time in which people could come."""

    _at = _asked_at = 0.0  # seconds

    def tick(self) -> tuple[int, float] | None:
        now = self.get_run_time()
        self._at += min(now - self._asked_at, TURN_MAX_SECONDS)
        self._asked_at = now
        people = people_at(PLAN["shape"], self._at, PLAN["people"], PLAN["seconds"])
        return None if people is None else (people, PLAN["people"])


def figures(stats: RequestStats) -> dict[str, Figures]:
    shown = {}
    for (name, _), entry in stats.entries.items():
        p50, p95, p99 = (entry.get_response_time_percentile(each) for each in (0.5, 0.95, 0.99))
        shown[name] = Figures(entry.num_requests, entry.num_failures, p50, p95, p99)
    return shown


@events.quitting.add_listener
def judge(environment: Environment, **_: object) -> None:
    shown = figures(environment.stats)
    broken = breaches(tomllib.loads(Path(PLAN["budgets"]).read_text()), shown)
    for line in broken:
        log.error("over budget: %s", line)
    environment.process_exit_code = 1 if broken else 0
    outcome = {"metrics": {name: asdict(each) for name, each in shown.items()}, "breaches": broken}
    Path(PLAN["outcome"]).write_text(json.dumps(outcome))
