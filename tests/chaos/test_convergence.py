"""Law 4 as weft chaos judges it: all ends where the log does. And law 16: that can be applied."""

import json
from dataclasses import replace

from cluster.chaos.checker import check
from tests.chaos.histories import LEDGER, START, Told, an_ordinary_day, laws_broken
from weft.ot import Document


def test_law4_a_client_that_shows_something_else_is_found() -> None:
    told = an_ordinary_day()
    ann, bob = told.history().endings
    other = (replace(ann, document=Document.empty("Other")), bob)
    [violation] = check(told.history(endings=other))
    assert (violation.law, violation.client) == (4, "ann")


def test_law4_a_client_that_stays_behind_is_found() -> None:
    told = an_ordinary_day()
    ann, bob = told.history().endings
    assert laws_broken(told, endings=(replace(ann, version=5), bob)) == {4}


def test_law4_a_client_that_does_not_come_to_rest_is_found() -> None:
    told = an_ordinary_day()
    ann, bob = told.history().endings
    assert laws_broken(told, endings=(replace(ann, at_rest=False, pending=2), bob)) == {4}


def joins_by_snapshot(told: Told, document: Document) -> set[int]:
    told.held["ann"] = None
    snapshot = {"version": 6, "state": document.to_json()}
    told.join("ann", 6, snapshot=snapshot, lastSequence=3, lastVersion=5)
    return laws_broken(told)


def test_law4_a_snapshot_of_something_else_is_found() -> None:
    told = an_ordinary_day()
    document = told.history().endings[0].document
    assert joins_by_snapshot(told, document) == set()
    assert joins_by_snapshot(told, START) == {4}


def joins_by_parts(told: Told, document: Document) -> set[int]:
    text = json.dumps(document.to_json())
    for part, piece in enumerate((text[:9], text[9:]), 1):
        told.hears("ann", type="snapshot", version=6, part=part, parts=2, text=piece)
    told.join("ann", 6, lastSequence=3, lastVersion=5)
    return laws_broken(told)


def test_law4_parts_of_a_snapshot_of_something_else_are_found() -> None:
    told = an_ordinary_day()
    document = told.history().endings[0].document
    assert joins_by_parts(told, document) == set()
    assert joins_by_parts(told, START) == {4}


def test_law4_parts_that_were_broken_off_are_judged_by_nobody() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="snapshot", version=6, part=1, parts=2, text='{"ti')
    told.hears("ann", type="ended", code="owner_unavailable")
    told.join("ann", 6, lastSequence=3, lastVersion=5)
    assert laws_broken(told) == set()


def test_law4_what_verify_has_found_is_told() -> None:
    [violation] = check(an_ordinary_day().history(difference="/title@0"))
    assert violation.law == 4
    assert "/title@0" in violation.why


def test_law16_a_row_that_cannot_be_applied_is_found() -> None:
    told = an_ordinary_day()
    whole = told.history()
    [operation] = told.logs("ann", 4).submission.operations
    assert operation["targetId"] == LEDGER
    operation["position"] = 9_999
    rows = tuple(told.rows)
    found = check(replace(whole, rows=rows, head=len(rows), events=tuple(told.events)))
    assert 16 in {violation.law for violation in found}
