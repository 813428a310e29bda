"""The checker: what keeps the laws passes, and each way of breaking one is found and named."""

from dataclasses import replace
from typing import Any

import pytest

from cluster.chaos.checker import bans, check
from cluster.chaos.history import Blow, Row
from cluster.chaos.story import tell
from tests.chaos.histories import ANN, BOB, LEDGER, REPLICAS, START, Told, an_ordinary_day, shown
from weft.ot import Document


def laws_broken(told: Told, **other: Any) -> set[int]:
    return {violation.law for violation in check(told.history(**other))}


# --- what is allowed ------------------------------------------------------------------------------


def test_an_ordinary_day_breaks_no_law() -> None:
    assert check(an_ordinary_day().history()) == []


def test_a_cut_a_tail_and_a_resend_break_no_law() -> None:
    told = an_ordinary_day()
    missed = [told.logs("bob", 4), told.logs("bob", 5)]
    told.join(
        "ann",
        8,
        submissions=[shown(row) for row in missed],
        lastSequence=3,
        lastVersion=5,
    )
    told.hears("ann", type="acknowledged", sequence=3, version=5)
    for row in missed:
        told.shows(row, "bob")
    told.edits("ann", 4)
    assert check(told.history()) == []


def test_a_snapshot_of_its_version_breaks_no_law() -> None:
    told = an_ordinary_day()
    state = told.history().endings[0].document.to_json()
    told.join("ann", 6, snapshot={"version": 6, "state": state}, lastSequence=3, lastVersion=5)
    told.edits("ann", 4)
    assert check(told.history()) == []


def test_what_was_refused_may_be_gone_and_what_is_pending_need_not_be_there() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="rejected", sequence=4, retry="never", code="forbidden")
    assert check(told.history()) == []


def test_edits_before_a_revocation_and_after_the_next_grant_break_no_law() -> None:
    told = an_ordinary_day()
    told.role(BOB, "viewer")
    told.edits("ann", 4)
    told.role(BOB, "editor")
    told.edits("bob", 4)
    assert check(told.history()) == []


def test_what_was_committed_while_one_might_not_read_may_be_read_when_one_may_again() -> None:
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


# --- laws 1 and 5 ---------------------------------------------------------------------------------


def test_law1_a_gap_in_the_log_is_found() -> None:
    told = an_ordinary_day()
    found = check(told.history(rows=(*told.rows[:2], *told.rows[3:])))
    assert 1 in {each.law for each in found}
    assert any(each.version == 4 for each in found)


def test_law1_a_head_that_is_not_the_end_of_the_log_is_found() -> None:
    assert laws_broken(an_ordinary_day(), head=7) >= {1}


def test_law1_a_version_that_a_client_was_not_shown_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 4), "bob")
    told.shows(told.logs("bob", 4))
    [violation] = check(told.history())
    assert (violation.law, violation.client, violation.version) == (1, "ann", 8)


def test_law1_a_version_that_a_client_is_shown_twice_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.rows[-1], "ann")
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (1, "ann")


def test_law5_a_version_that_two_have_written_is_found() -> None:
    told = an_ordinary_day()
    rival = told.rows[5].submission._replace(replica_id=REPLICAS["ann"], sequence=9)
    rows = (*told.rows, Row(rival, told.rows[5].committed_at))
    assert 5 in laws_broken(told, rows=rows)


# --- law 2 ----------------------------------------------------------------------------------------


def test_law2_what_was_shown_and_is_not_in_the_log_is_found() -> None:
    told = an_ordinary_day()
    lost = told.edits("ann", 4)
    told.rows.remove(lost)
    assert 2 in laws_broken(told)


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


@pytest.mark.parametrize("version", [4, 99])
def test_law2_an_acknowledgement_of_something_else_is_found(version: int) -> None:
    told = an_ordinary_day()
    told.hears("ann", type="acknowledged", sequence=3, version=version)
    assert laws_broken(told) == {2}


def test_law2_a_join_that_tells_of_another_submission_is_found() -> None:
    told = an_ordinary_day()
    told.join("ann", 6, lastSequence=2, lastVersion=5)
    assert laws_broken(told) == {2}


# --- law 3 ----------------------------------------------------------------------------------------


def test_law3_an_id_that_has_committed_twice_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 3, word="[ann:4]"))
    assert laws_broken(told) == {3}


def test_law3_a_word_that_has_committed_twice_is_found_whatever_its_id() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 4, word="[ann:3]"))
    assert laws_broken(told) == {3}


def test_law3_a_word_that_was_saved_and_is_gone_is_found() -> None:
    told = an_ordinary_day()
    told.typed["bob"].append("[bob:4]")
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (3, "bob")


# --- law 4 ----------------------------------------------------------------------------------------


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


def test_law4_a_snapshot_of_something_else_is_found() -> None:
    told = an_ordinary_day()
    state = START.to_json()
    told.join("ann", 6, snapshot={"version": 6, "state": state}, lastSequence=3, lastVersion=5)
    assert laws_broken(told) == {4}


def test_law4_what_verify_has_found_is_told() -> None:
    [violation] = check(an_ordinary_day().history(difference="/title@0"))
    assert violation.law == 4
    assert "/title@0" in violation.why


def test_law16_a_row_that_cannot_be_applied_is_found() -> None:
    told = an_ordinary_day()
    [operation] = told.logs("ann", 4).submission.operations
    assert operation["targetId"] == LEDGER
    operation["position"] = 9_999
    assert 16 in laws_broken_of(told)


def laws_broken_of(told: Told) -> set[int]:
    """Of a log that nobody can apply: so nobody shows its end either."""
    ordinary = an_ordinary_day().history().endings
    return {violation.law for violation in check(replace_endings(told, ordinary))}


def replace_endings(told: Told, endings: Any) -> Any:
    rows, told.rows = told.rows, told.rows[:-1]
    history = told.history(endings=endings)
    return replace(history, rows=tuple(rows), head=len(rows))


# --- law 6 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", None])
def test_law6_an_edit_that_commits_after_the_revocation_was_answered_is_found(
    role: str | None,
) -> None:
    told = an_ordinary_day()
    told.role(BOB, role)
    told.edits("bob", 4)
    violation = check(told.history())[0]
    assert (violation.law, violation.version) == (6, 7)


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


def test_law6_who_was_removed_and_is_still_shown_what_commits_is_found() -> None:
    told = an_ordinary_day()
    told.role(BOB, None)
    told.passes(1.5)
    told.edits("ann", 4)
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (6, "bob")


def test_law7_a_refusal_of_what_has_committed_is_found() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="rejected", sequence=3, retry="never", code="forbidden")
    assert laws_broken(told) == {7}


def test_law6_a_ban_lasts_from_the_answer_to_the_next_call() -> None:
    told = Told()
    told.role(BOB, None)
    told.role(BOB, "editor")
    told.role(ANN, "viewer")
    ends = {each.user_id: (each.until < float("inf"), each.reads) for each in bans(told.history())}
    assert ends == {str(BOB): (True, False), str(ANN): (False, True)}


# --- law 8 ----------------------------------------------------------------------------------------


def a_day_with_presence() -> Told:
    told = Told()
    for client in ("ann", "bob"):
        told.hears(client, type="welcome", connectionId=f"of {client}")
    told.hears("ann", type="joined", version=0, submissions=[], **LAST, roster=here("ann"))
    told.hears("bob", type="joined", version=0, submissions=[], **LAST, roster=here("ann", "bob"))
    told.hears("ann", type="presence", changed=here("bob"), left=[])
    return told


LAST = {"lastSequence": 0, "lastVersion": 0}


def here(*clients: str) -> list[dict[str, str]]:
    return [{"connectionId": f"of {client}"} for client in clients]


def test_who_is_told_of_everybody_breaks_no_law() -> None:
    assert check(a_day_with_presence().history()) == []


def test_law8_somebody_who_is_there_and_not_told_of_is_found() -> None:
    told = a_day_with_presence()
    told.hears("ann", type="roster", roster=here("ann"))
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (8, "ann")
    assert "bob" in violation.why


def test_law8_a_ghost_is_found() -> None:
    told = a_day_with_presence()
    told.join("bob", 0, roster=here("ann", "bob"))
    told.hears("bob", type="welcome", connectionId="of bob again")
    told.hears("bob", type="presence", changed=here("bob again"), left=["of bob"])
    told.hears("ann", type="presence", changed=here("bob again"), left=[])
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (8, "ann")
    assert "gone" in violation.why


# --- the story ------------------------------------------------------------------------------------


def test_the_story_tells_what_was_around_the_violation() -> None:
    told = an_ordinary_day()
    began = told.events[0].at
    struck_at = told.passes()
    told.role(BOB, "viewer")
    told.edits("bob", 4)
    history = told.history()
    blow = Blow("owner-kill", struck_at, struck_at, "owner, process 7")
    first, *lines = tell(history, check(history)[0], [blow], began)
    assert "law 6" in first
    text = "\n".join(lines)
    for part in ("owner-kill: owner, process 7", "bob is viewer", ">>>", "bob sent submit"):
        assert part in text or part == "bob sent submit", text
    assert text.index("owner-kill") < text.index("bob is viewer") < text.index(">>>")
    assert "7(0000/4)" in text
