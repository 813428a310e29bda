"""The comparison behind `weft verify`: silent on what is right, exact about what is not."""

from typing import Any
from uuid import UUID

import pytest

from cluster.verification import Verification, first_difference
from storage.ports import DashboardRows, LoggedSubmission

WIDGET = "0c9f0000-0000-4000-8000-000000000001"
ANN, BEN = UUID(int=1), UUID(int=2)


def state(text: str, title: str = "Sales") -> dict[str, Any]:
    return {
        "title": title,
        "description": None,
        "settings": {},
        "layout": [],
        "widgets": {
            WIDGET: {
                "type": "text",
                "title": None,
                "position": {"x": 0, "y": 0, "width": 4, "height": 2},
                "config": {"text": text},
                "data": {},
                "isLocked": False,
            }
        },
    }


def typed(version: int, character: str, replica: UUID = ANN) -> LoggedSubmission:
    operation = {
        "type": "insert",
        "targetId": WIDGET,
        "path": ["config", "text"],
        "position": version - 1,
        "value": character,
    }
    return LoggedSubmission(
        version, replica, version, UUID(int=9), version - 1, (operation,), bytes(16), 0
    )


LOG = tuple(typed(version, character) for version, character in enumerate("abcdef", start=1))


def verify(
    log: tuple[LoggedSubmission, ...] = LOG,
    *,
    at_three: dict[str, Any] | None = None,
    rows: DashboardRows | None = None,
    head: int = 6,
) -> Verification:
    """A log of six versions with checkpoints at 0 and 3."""
    verification = Verification(rows or DashboardRows(3, state("abc")))
    verification.begin(0, state(""))
    verification.check_log(log[:3])
    verification.check_checkpoint(3, at_three or state("abc"))
    verification.check_log(log[3:])
    verification.finish(head)
    return verification


def test_law4_what_converges_is_found_to_converge() -> None:
    verification = verify()
    assert verification.difference is None
    assert (verification.version, verification.submissions) == (6, 6)


def test_law4_a_checkpoint_that_differs_is_named_with_its_place() -> None:
    difference = verify(at_three=state("abX")).difference
    assert difference is not None
    assert (difference.version, difference.law) == (3, "law 4, convergence: checkpoint")
    assert difference.where == f"/widgets/{WIDGET}/config/text@2"
    assert difference.to_json()["expected"] == "'c'"
    assert difference.to_json()["found"] == "'X'"


def test_law4_rows_that_differ_from_the_newest_checkpoint_are_named() -> None:
    difference = verify(rows=DashboardRows(3, state("abc", title="Purchases"))).difference
    assert difference is not None
    assert (difference.law, difference.where) == ("law 4, convergence: rows", "/title@0")


def test_law4_rows_of_a_checkpoint_that_is_not_there_are_named() -> None:
    difference = verify(rows=DashboardRows(4, state("abcd"))).difference
    assert difference is not None
    assert (difference.version, difference.where) == (4, "checkpoint")


@pytest.mark.parametrize(
    ("log", "found"),
    [
        (LOG[:4] + LOG[5:], 6),  # a gap
        (LOG[:4] + LOG[3:], 4),  # a repeat
    ],
)
def test_law1_a_gap_or_a_repeat_is_named(log: tuple[LoggedSubmission, ...], found: int) -> None:
    difference = verify(log).difference
    assert difference is not None
    assert (difference.law, difference.version, difference.found) == ("law 1, order", 5, found)


def test_law1_a_head_beyond_the_log_is_named() -> None:
    difference = verify(head=7).difference
    assert difference is not None
    assert (difference.law, difference.found) == ("law 1, order: head", 6)


def test_law3_an_id_that_committed_twice_is_named() -> None:
    again = LOG[4]._replace(sequence=4)
    difference = verify((*LOG[:4], again, LOG[5])).difference
    assert difference is not None
    assert (difference.law, difference.version) == ("law 3, exactly once", 5)


def test_law3_each_replica_counts_for_itself() -> None:
    assert (
        verify((*LOG[:4], LOG[4]._replace(replica_id=BEN, sequence=1), LOG[5])).difference is None
    )


def test_law16_an_operation_that_cannot_be_applied_is_named() -> None:
    beyond = LOG[4]._replace(operations=({**LOG[4].operations[0], "position": 99},))
    difference = verify((*LOG[:4], beyond, LOG[5])).difference
    assert difference is not None
    assert (difference.law, difference.version) == ("law 16, valid", 5)


@pytest.mark.parametrize(
    ("expected", "found", "where"),
    [
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "/a/1/b"),
        ({"a": 1}, {}, "/a"),
        ({}, {"a": None}, "/a"),
        ([1], [1, 2], "/1"),
        (True, 1, "/"),
        (0, False, "/"),
        ("naïve", "naive", "@2"),
        ({"a": 1}, [1], "/"),
        (None, {}, "/"),
    ],
)
def test_the_first_difference_is_found(expected: Any, found: Any, where: str) -> None:
    apart = first_difference(expected, found)
    assert apart is not None
    assert apart[0] == where


def test_equal_values_do_not_differ_whatever_the_order_of_keys() -> None:
    assert first_difference({"a": 1, "b": [2.5, "x"]}, {"b": [2.5, "x"], "a": 1}) is None
