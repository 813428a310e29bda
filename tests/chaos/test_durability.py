"""Law 2 as weft chaos judges it: shown and told is only what has committed, as it has."""

import json
from dataclasses import replace

import pytest

from cluster.chaos.checker import check
from cluster.chaos.history import Row
from tests.chaos.histories import Told, an_ordinary_day, laws_broken, shown


def test_law2_what_was_shown_and_is_not_in_the_log_is_found() -> None:
    told = an_ordinary_day()
    lost = told.edits("ann", 4)
    told.rows.remove(lost)
    told.typed["ann"].pop()
    found = check(told.history())
    assert {(each.law, each.version) for each in found} == {(2, 7)}
    assert {each.client for each in found} == {"ann", "bob"}


def test_law2_what_was_shown_otherwise_than_it_is_in_the_log_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 4), operations=[{"type": "noop", "reason": "target_removed"}])
    assert laws_broken(told) == {2}


def test_law2_what_was_shown_before_its_commit_is_found() -> None:
    told = an_ordinary_day()
    row = told.edits("ann", 4)
    late = Row(row.submission, (row.committed_at or 0) + 1)
    [first, *_] = check(told.history(rows=(*told.rows[:-1], late)))
    assert first.law == 2
    assert "before its commit" in first.why
    just = replace(row, committed_at=told.events[-2].at)
    assert check(told.history(rows=(*told.rows[:-1], just))) == []


@pytest.mark.parametrize("version", [4, 99])
def test_law2_an_acknowledgement_of_something_else_is_found(version: int) -> None:
    told = an_ordinary_day()
    told.hears("ann", type="acknowledged", sequence=3, version=version)
    assert laws_broken(told) == {2}


def acknowledged_early(told: Told, seconds: float) -> Row:
    """The row of an edit whose author alone was told, so long before it committed."""
    row = told.logs("ann", 4)
    told.hears("ann", type="acknowledged", sequence=4, version=7)
    return Row(row.submission, told.now + seconds)


def test_law2_an_acknowledgement_before_its_commit_is_found() -> None:
    for seconds, laws in ((0.5, {2}), (0.0, set())):
        told = an_ordinary_day()
        row = acknowledged_early(told, seconds)
        told.passes(1.0)
        told.shows(row)
        assert laws_broken(told, rows=(*told.rows[:-1], row)) == laws


def test_law2_a_join_that_tells_of_another_submission_is_found() -> None:
    told = an_ordinary_day()
    told.join("ann", 6, lastSequence=2, lastVersion=5)
    assert 2 in laws_broken(told)


def test_law2_a_state_that_the_log_does_not_have_is_found() -> None:
    """Which no replay could be held against."""
    told = an_ordinary_day()
    state = told.history().endings[0].document.to_json()
    told.held["ann"] = None
    told.join("ann", 9, snapshot={"version": 9, "state": state}, lastSequence=3, lastVersion=5)
    assert laws_broken(told) == {2}


def test_law2_a_state_that_was_told_before_its_commit_is_found() -> None:
    told = an_ordinary_day()
    row = told.logs("bob", 4)
    told.held["ann"] = None
    state = told.history().endings[0].document.to_json()
    told.join("ann", 7, snapshot={"version": 7, "state": state}, lastSequence=3, lastVersion=5)
    told.passes(1.0)
    told.shows(row, "bob")
    assert laws_broken(told) == set()
    late = Row(row.submission, told.now - 0.5)
    assert laws_broken(told, rows=(*told.rows[:-1], late)) == {2}


def test_law2_a_page_that_promises_a_head_beyond_the_log_is_found() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="tail", headVersion=8, submissions=[])
    assert laws_broken(told) == {2}


def test_law2_parts_of_a_state_beyond_the_log_are_found() -> None:
    told = an_ordinary_day()
    text = json.dumps(told.history().endings[0].document.to_json())
    told.hears("ann", type="snapshot", version=8, part=1, parts=1, text=text)
    assert laws_broken(told) == {2}


def test_law7_a_refusal_of_what_has_committed_is_found() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="rejected", sequence=3, retry="never", code="invalid_operation")
    assert laws_broken(told) == {7}


def test_law7_a_refusal_for_now_or_of_a_copy_or_of_what_is_not_there_breaks_no_law() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="rejected", sequence=3, retry="later", code="rate_limited")
    told.hears("ann", type="rejected", sequence=3, retry="never", code="in_flight")
    told.hears("ann", type="rejected", sequence=4, retry="never", code="limit_exceeded")
    assert check(told.history()) == []


def test_law2_a_cut_a_tail_and_a_resend_break_no_law() -> None:
    told = an_ordinary_day()
    missed = [told.logs("bob", 4), told.logs("bob", 5)]
    rows = [shown(row) for row in missed]
    told.join("ann", 8, submissions=rows, lastSequence=3, lastVersion=5)
    told.hears("ann", type="acknowledged", sequence=3, version=5)
    for row in missed:
        told.shows(row, "bob")
    told.edits("ann", 4)
    assert check(told.history()) == []
