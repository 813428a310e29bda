"""Law 6 as weft chaos judges it: what was forbidden does not happen, what was granted does."""

import pytest

from cluster.chaos.checker import check
from cluster.chaos.rights import LATE_WITHIN_SECONDS, NEVER, spells
from tests.chaos.histories import ANN, BOB, REPLICAS, Told, an_ordinary_day, shown


def test_law6_a_role_is_certain_from_the_answer_to_the_next_call() -> None:
    told = Told()
    told.role(BOB, None)
    told.role(BOB, "editor")
    told.role(ANN, "viewer")
    found = {(each.user_id, each.role): each.until < NEVER for each in spells(told.history())}
    assert found == {
        (str(BOB), None): True,
        (str(BOB), "editor"): False,
        (str(ANN), "viewer"): False,
    }


@pytest.mark.parametrize("role", ["viewer", None])
def test_law6_an_edit_that_commits_after_the_revocation_was_answered_is_found(
    role: str | None,
) -> None:
    told = an_ordinary_day()
    told.role(BOB, role)
    told.edits("bob", 4)
    violation = check(told.history())[0]
    assert (violation.law, violation.version) == (6, 7)


def test_law6_edits_before_a_revocation_and_after_the_next_grant_break_no_law() -> None:
    told = an_ordinary_day()
    told.role(BOB, "viewer")
    told.edits("ann", 4)
    told.role(BOB, "editor")
    told.edits("bob", 4)
    assert check(told.history()) == []


def test_law6_a_revocation_that_was_not_answered_promises_nothing() -> None:
    told = an_ordinary_day()
    told.role(BOB, "viewer", answered=False)
    told.edits("bob", 4)
    assert check(told.history()) == []


def test_law6_a_grant_that_was_not_answered_may_have_come_through() -> None:
    told = an_ordinary_day()
    told.role(BOB, "viewer")
    told.role(BOB, "editor", answered=False)
    told.edits("bob", 4)
    assert check(told.history()) == []


def test_law6_a_grant_that_was_not_answered_may_come_through_late() -> None:
    """After the revocation that was called after it; but not for ever."""
    for seconds, is_found in ((1.0, False), (LATE_WITHIN_SECONDS, True)):
        told = an_ordinary_day()
        told.role(BOB, "editor", answered=False)
        told.role(BOB, "viewer")
        told.passes(seconds)
        told.edits("bob", 4)
        assert bool(check(told.history())) is is_found


def test_law6_who_was_removed_and_is_still_shown_what_commits_is_found() -> None:
    told = an_ordinary_day()
    told.role(BOB, None)
    told.passes(1.5)
    told.edits("ann", 4)
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (6, "bob")


def test_law6_what_committed_while_one_might_not_read_may_be_read_when_one_may_again() -> None:
    told = an_ordinary_day()
    told.role(BOB, None)
    told.hears("bob", type="ended", code="forbidden")
    told.passes(5.0)
    row = told.logs("ann", 4)
    told.shows(row, "ann")
    told.passes(5.0)
    told.role(BOB, "editor")
    told.join("bob", 7, submissions=[shown(row)], lastSequence=3, lastVersion=6)
    assert check(told.history()) == []


# --- a grant counts from its answer on ------------------------------------------------------------


def is_refused(told: Told) -> None:
    told.hears("bob", type="rejected", sequence=4, retry="never", code="forbidden")


def test_law6_an_edit_that_was_sent_after_its_grant_and_forbidden_is_found() -> None:
    told = an_ordinary_day()
    told.role(BOB, "viewer")
    told.role(BOB, "editor")
    told.sends("bob", 4)
    is_refused(told)
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (6, "bob")


def test_law6_an_edit_that_was_first_sent_before_its_grant_may_be_forbidden() -> None:
    told = an_ordinary_day()
    told.role(BOB, "viewer")
    told.sends("bob", 4)
    told.role(BOB, "editor")
    told.sends("bob", 4)
    is_refused(told)
    assert check(told.history()) == []


def test_law6_an_edit_that_is_forbidden_while_the_role_is_taken_breaks_no_law() -> None:
    told = an_ordinary_day()
    told.role(BOB, "editor")
    told.sends("bob", 4)
    told.role(BOB, "viewer", answered=False)
    is_refused(told)
    assert check(told.history()) == []


def asks_to_join(told: Told) -> None:
    told.says("bob", type="join", replicaId=str(REPLICAS["bob"]), version=6)


def test_law6_who_was_let_in_and_is_shut_out_is_found() -> None:
    told = an_ordinary_day()
    told.role(BOB, None)
    told.role(BOB, "viewer")
    asks_to_join(told)
    told.hears("bob", type="ended", code="forbidden")
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (6, "bob")


def test_law6_who_asked_before_it_was_let_in_may_be_shut_out() -> None:
    told = an_ordinary_day()
    told.role(BOB, None)
    told.hears("bob", type="ended", code="forbidden")
    asks_to_join(told)
    told.role(BOB, "viewer")
    told.hears("bob", type="ended", code="forbidden")
    assert check(told.history()) == []


def test_law6_an_end_of_another_kind_is_no_refusal() -> None:
    told = an_ordinary_day()
    told.role(BOB, "editor")
    asks_to_join(told)
    told.hears("bob", type="ended", code="owner_unavailable")
    assert check(told.history()) == []


# --- and everyone is told -------------------------------------------------------------------------


def test_law6_who_is_never_told_of_its_new_role_is_found() -> None:
    told = an_ordinary_day()
    told.hears("bob", type="permission", role="viewer", permissions=[])
    told.role(BOB, "editor")
    assert check(told.history()) == [], "it may still be told"
    told.passes(1.5)
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (6, "bob")
    assert check(told.history(calm_at=told.now)) == [], "who cannot be reached cannot be told"
    told.hears("bob", type="permission", role="editor", permissions=[])
    assert check(told.history()) == []


def test_law6_who_has_no_role_any_more_and_is_not_shut_out_is_found() -> None:
    told = an_ordinary_day()
    told.hears("bob", type="permission", role="editor", permissions=[])
    told.role(BOB, None)
    told.passes(1.5)
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (6, "bob")
    told.hears("bob", type="ended", code="forbidden")
    assert check(told.history()) == []
