"""How many people come, and what is within budget: a load test that cannot fail tells nothing."""

import json
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from loadtests.__main__ import report
from loadtests.budgets import Figures, breaches, check_budgets
from loadtests.seat import METRICS
from loadtests.shapes import SHAPES, people_at

GOOD = Figures(count=1_000, failures=0, p50_ms=5, p95_ms=20, p99_ms=50)
OURS = Path(__file__).parents[2] / "loadtests/budgets.toml"


def people(shape: str) -> list[int | None]:
    return [people_at(shape, at, 100, 1_000) for at in range(0, 1_001, 50)]


def test_a_ramp_brings_everybody_by_half_time() -> None:
    coming = people("ramp")
    assert coming[:11] == [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert set(coming[11:-1]) == {100}


def test_a_spike_brings_all_at_once_and_lets_them_go() -> None:
    assert people("spike") == [20] * 8 + [100] * 4 + [20] * 8 + [None]


def test_a_soak_keeps_everybody_for_nearly_all_of_the_time() -> None:
    assert people("soak") == [1] + [100] * 19 + [None]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_ends_and_never_empties_before(shape: str) -> None:
    for at in range(0, 1_000, 7):
        there = people_at(shape, at, 3, 1_000)
        assert there is not None
        assert 1 <= there <= 3
    assert people_at(shape, 1_000, 3, 1_000) is None


def test_what_is_kept_is_no_breach() -> None:
    budgets = {"edit": {"count": 1_000, "failures": 0, "p50_ms": 5, "p95_ms": 20, "p99_ms": 50}}
    assert breaches(budgets, {"edit": GOOD}) == []


@pytest.mark.parametrize(
    ("limit", "value"),
    [("count", 1_001), ("p50_ms", 4.9), ("p95_ms", 19), ("p99_ms", 49.9)],
)
def test_each_limit_alone_is_a_breach(limit: str, value: float) -> None:
    [line] = breaches({"edit": {limit: value}}, {"edit": GOOD})
    assert line.startswith(f"edit: {limit} is ")


def test_a_failure_is_a_breach() -> None:
    [line] = breaches({"edit": {"failures": 0}}, {"edit": Figures(count=9, failures=1)})
    assert line == "edit: failures is 1, at most 0 is allowed"


def test_what_was_never_measured_has_not_passed() -> None:
    assert breaches({"edit": {"count": 1, "p99_ms": 500}}, {}) != []


@pytest.mark.parametrize(
    "budgets", [{"edit": {"p99ms": 5}}, {"edit": {}}, {"edit": {"p99_ms": "5"}}, {"edit": 5}]
)
def test_a_budget_that_could_never_be_broken_is_refused(
    budgets: dict[str, dict[str, float]],
) -> None:
    with pytest.raises(ValueError, match="edit"):
        check_budgets(budgets)


def test_our_own_budgets_hold_every_metric() -> None:
    budgets = tomllib.loads(OURS.read_text())
    check_budgets(budgets)
    assert set(METRICS) <= budgets.keys()
    for metric in METRICS:
        assert budgets[metric]["count"] >= 1


@pytest.mark.parametrize("as_json", [True, False])
def test_only_what_kept_its_budget_succeeds(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    kept = {"metrics": {"edit": asdict(GOOD)}, "breaches": []}
    assert report(kept, as_json) == 0
    said = capsys.readouterr().out
    assert json.loads(said)["ok"] if as_json else said.endswith("\nwithin budget\n")
    assert report(kept | {"breaches": ["edit: p99_ms is 9, at most 8 is allowed"]}, as_json) == 1
    said = capsys.readouterr().out
    assert not json.loads(said)["ok"] if as_json else "over budget: edit: p99_ms is 9" in said
