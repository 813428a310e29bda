"""Laws 1 and 5 as weft chaos judges them: a violation is found, and what comes near it is not."""

import pytest

from cluster.chaos.history import Row
from cluster.chaos.order import one_writer, order, order_as_seen
from tests.chaos.histories import REPLICAS, an_ordinary_day, laws_broken, shown


def test_law1_a_gap_in_the_log_is_found() -> None:
    told = an_ordinary_day()
    [violation] = order(told.history(rows=(*told.rows[:2], *told.rows[3:])))
    assert violation.version == 4


def test_law1_a_head_that_is_not_the_end_of_the_log_is_found() -> None:
    told = an_ordinary_day()
    [violation] = order(told.history(head=7))
    assert violation.law == 1
    assert list(order(told.history(head=6))) == []


def test_law1_a_version_that_a_client_was_not_shown_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 4), "bob")
    told.shows(told.logs("bob", 4))
    [violation] = order_as_seen(told.history())
    assert (violation.law, violation.client, violation.version) == (1, "ann", 8)


def test_law1_a_version_that_a_client_is_shown_twice_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.rows[-1], "ann")
    [violation] = order_as_seen(told.history())
    assert (violation.law, violation.client) == (1, "ann")


@pytest.mark.parametrize(
    ("versions", "found"), [([7, 8, 9], []), ([8, 9], [8]), ([7, 8], [9]), ([7, 9], [9])]
)
def test_law1_who_comes_back_is_shown_what_it_missed_from_where_it_was(
    versions: list[int], found: list[int]
) -> None:
    told = an_ordinary_day()
    for sequence in (4, 5, 6):
        told.shows(told.logs("bob", sequence), "bob")
    rows = [shown(row) for row in told.rows if row.version in versions]
    told.join("ann", 9, submissions=rows, lastSequence=3, lastVersion=5)
    assert [each.version for each in order_as_seen(told.history())] == found


def test_law1_pages_and_what_is_joined_with_are_one_row() -> None:
    told = an_ordinary_day()
    rows = [told.logs("bob", sequence) for sequence in (4, 5, 6)]
    for row in rows:
        told.shows(row, "bob")
    told.says("ann", type="join", replicaId=str(REPLICAS["ann"]), version=6)
    told.hears("ann", type="tail", headVersion=9, submissions=[shown(rows[0])])
    told.hears("ann", type="tail", headVersion=9, submissions=[shown(rows[2])])
    [violation] = order_as_seen(told.history())
    assert (violation.client, violation.version) == ("ann", 9)


def test_law5_a_version_that_two_have_written_is_found() -> None:
    told = an_ordinary_day()
    rival = told.rows[5].submission._replace(replica_id=REPLICAS["ann"], sequence=9)
    rows = (*told.rows, Row(rival, told.rows[5].committed_at))
    [violation] = one_writer(told.history(rows=rows))
    assert (violation.law, violation.version) == (5, 6)
    assert 5 in laws_broken(told, rows=rows)
    assert list(one_writer(told.history())) == []
