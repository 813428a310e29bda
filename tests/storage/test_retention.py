"""Which months a policy lets go."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.retention import Retention, beginning_of_month

JANUARY = datetime(2031, 1, 31, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("months_ago", "begins"),
    [(0, (2031, 1)), (1, (2030, 12)), (12, (2030, 1)), (13, (2029, 12)), (-1, (2031, 2))],
)
def test_months_are_counted_over_the_years(months_ago: int, begins: tuple[int, int]):
    assert beginning_of_month(JANUARY, months_ago) == datetime(*begins, 1, tzinfo=UTC)


def test_a_month_begins_by_utc():
    kiritimati = timezone(timedelta(hours=14))
    assert beginning_of_month(datetime(2031, 2, 1, 9, tzinfo=kiritimati)) == datetime(
        2031, 1, 1, tzinfo=UTC
    )


def test_a_policy_says_of_each_table_what_may_go():
    assert Retention().cutoffs(JANUARY) == {}
    assert Retention(log_months=2).cutoffs(JANUARY) == {
        "operations": datetime(2030, 11, 1, tzinfo=UTC)
    }
    assert Retention(log_months=0, trail_months=24).cutoffs(JANUARY) == {
        "operations": datetime(2031, 1, 1, tzinfo=UTC),
        "audit_logs": datetime(2029, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(ValueError, match="negative"):
        Retention(log_months=-1)
