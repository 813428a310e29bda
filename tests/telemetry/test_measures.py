"""What a process counts about itself is told once, and its memory between two looks is bounded."""

import pytest

from weft.limits import SAMPLES_MAX_PER_LOOK
from weft.measures import MEASURES, Kind, Measures


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
    for value in range(SAMPLES_MAX_PER_LOOK + 10):
        measures.sample("acknowledge_ms", value)
    assert len(measures.take().samples["acknowledge_ms"]) == SAMPLES_MAX_PER_LOOK


@pytest.mark.parametrize("name", ["unknown", "commit_ms"])
def test_what_is_not_a_count_is_not_counted(name: str) -> None:
    with pytest.raises((KeyError, AssertionError)):
        Measures().count(name)


def test_each_spread_has_rising_bounds_and_nothing_else_has_any() -> None:
    for name, measure in MEASURES.items():
        assert list(measure.bounds) == sorted(set(measure.bounds)), name
        assert bool(measure.bounds) is (measure.kind is Kind.SPREAD), name
