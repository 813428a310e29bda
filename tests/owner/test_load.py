"""How busy a dashboard is, smoothed."""

from uuid import UUID

import pytest

from actors.load import LoadMeter
from weft.limits import HOT_DASHBOARDS_MAX, LOAD_HALF_LIFE_SECONDS

BUSY, CALM = UUID(int=1), UUID(int=2)


def test_a_steady_rate_is_found_and_a_pause_is_forgotten_by_halves() -> None:
    meter = LoadMeter()
    for second in range(61):
        meter.measure({BUSY: 10 * second, CALM: second}, second)
    assert meter.rates[BUSY] == pytest.approx(10, rel=0.01)
    assert meter.total == pytest.approx(11, rel=0.01)
    assert [each for each, _ in meter.hottest()] == [BUSY, CALM]
    meter.measure({BUSY: 600, CALM: 60}, 60 + LOAD_HALF_LIFE_SECONDS)
    assert meter.rates[BUSY] == pytest.approx(5, rel=0.01)


def test_a_dashboard_that_is_closed_is_forgotten_and_opened_again_counts_from_nothing() -> None:
    meter = LoadMeter()
    meter.measure({BUSY: 1_000}, 1.0)
    meter.measure({}, 2.0)
    assert meter.rates == {}
    meter.measure({BUSY: 0}, 3.0)
    assert meter.rates == {BUSY: 0.0}
    meter.measure({BUSY: 0}, 3.0)  # the clock stands still
    assert meter.rates == {BUSY: 0.0}


def test_only_so_many_are_told_and_none_that_rests() -> None:
    meter = LoadMeter()
    meter.measure({}, 1.0)
    counts = {UUID(int=number): 100 * number for number in range(2 * HOT_DASHBOARDS_MAX)}
    meter.measure(counts, 2.0)
    hottest = [dashboard_id.int for dashboard_id, _ in meter.hottest()]
    most = 2 * HOT_DASHBOARDS_MAX - 1
    assert hottest == list(range(most, most - HOT_DASHBOARDS_MAX, -1))
