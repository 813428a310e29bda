"""What a process counts about itself is told once, and its memory between two looks is bounded."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from weft.limits import SAMPLES_KEPT_MAX, SAMPLES_MAX_PER_LOOK
from weft.measures import MEASURES, Kind, Measures

ROOT = Path(__file__).parents[2]
SETTERS = {
    "count": {Kind.COUNT},
    "follow": {Kind.COUNT},
    "watch": {Kind.LEVEL},
    "sample": {Kind.SPREAD},
}


def test_a_look_takes_what_has_come_since_the_one_before() -> None:
    measures = Measures()
    measures.count("submissions", 2)
    measures.count("submissions")
    measures.count("rejections", label="forbidden")
    measures.sample("commit_ms", 1.5)
    first = measures.take()
    assert first.counts == {("submissions", ""): 3, ("rejections", "forbidden"): 1}
    assert first.samples == {"commit_ms": [1.5]}
    again = measures.take()
    assert (again.counts, again.samples) == ({}, {})


def test_a_level_is_what_is_so_at_the_look() -> None:
    measures, here = Measures(), [1, 2]
    measures.watch("connections", lambda: len(here))
    here.append(3)
    assert measures.take().levels == {"connections": 3}
    here.clear()
    assert measures.take().levels == {"connections": 0}


def test_nobody_looking_costs_bounded_memory() -> None:
    measures = Measures()
    for value in range(2 * SAMPLES_KEPT_MAX):
        measures.sample("acknowledge_ms", value)
    assert sum(map(len, measures._samples.values())) == SAMPLES_KEPT_MAX


@pytest.mark.parametrize("count", [1, 31, 32, 33, 100, 3_000, SAMPLES_KEPT_MAX])
def test_of_many_values_those_that_are_kept_stand_for_all(count: int) -> None:
    """Evenly: the first ones alone would miss what happens late in a second."""
    measures = Measures()
    for value in range(count):
        measures.sample("acknowledge_ms", value)
    kept = measures.take().samples["acknowledge_ms"]
    steps = {after - before for before, after in pairwise(kept)}
    assert kept[0] == 0 and len(steps) <= 1
    assert count - kept[-1] <= max(steps, default=1)
    assert min(count, SAMPLES_MAX_PER_LOOK // 2) <= len(kept) <= SAMPLES_MAX_PER_LOOK
    measures.sample("acknowledge_ms", 7.0)
    assert measures.take().samples == {"acknowledge_ms": [7.0]}, "the next look begins anew"


@pytest.mark.parametrize("name", ["unknown", "commit_ms"])
def test_what_is_not_a_count_is_not_counted(name: str) -> None:
    with pytest.raises((KeyError, AssertionError)):
        Measures().count(name)


def test_each_spread_has_rising_bounds_and_nothing_else_has_any() -> None:
    for name, measure in MEASURES.items():
        assert list(measure.bounds) == sorted(set(measure.bounds)), name
        assert bool(measure.bounds) is (measure.kind is Kind.SPREAD), name


def test_what_somebody_counts_anyway_is_told_as_what_has_come_since() -> None:
    measures, totals = Measures(), {"presence": 2}
    measures.follow("drops", lambda: totals)
    measures.count("drops", label="presence")
    assert measures.take().counts == {("drops", "presence"): 3}
    assert measures.take().counts == {}
    totals["records"] = 1
    assert measures.take().counts == {("drops", "records"): 1}
    measures.follow("drops", lambda: {"presence": 1})  # somebody else, who begins at 0
    assert measures.take().counts == {("drops", "presence"): 1}


def set_somewhere() -> Iterator[tuple[str, str]]:
    """(how, which) of every call in the sources that names a measure."""
    for floor in ("weft", "actors", "gateway", "cluster"):
        for path in (ROOT / floor).rglob("*.py"):
            text = path.read_text()
            if "measures" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if not isinstance(node, ast.Call):
                    continue
                called, arguments = node.func, node.args
                if isinstance(called, ast.Name) and called.id == "partial" and arguments:
                    called, arguments = arguments[0], arguments[1:]
                if not (isinstance(called, ast.Attribute) and called.attr in SETTERS):
                    continue
                if arguments and isinstance(named := arguments[0], ast.Constant):
                    yield called.attr, str(named.value)


def test_every_measure_is_set_by_some_code_as_what_it_is() -> None:
    found = [(how, name) for how, name in set_somewhere() if name in MEASURES]
    assert {name for _, name in found} == MEASURES.keys()
    for how, name in found:
        assert MEASURES[name].kind in SETTERS[how], (how, name)
