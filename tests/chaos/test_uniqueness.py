"""Law 3 as weft chaos judges it: by id, by word, and by what was sent under the id."""

from dataclasses import replace

from cluster.chaos.checker import check
from cluster.chaos.history import Row
from cluster.chaos.uniqueness import words
from tests.chaos.histories import BOB, REPLICAS, Told, an_ordinary_day, laws_broken, typing


def test_law3_an_id_that_has_committed_twice_is_found() -> None:
    told = an_ordinary_day()
    again = told.rows[4].submission._replace(version=7)
    told.rows.append(Row(again, told.passes()))
    told.shows(told.rows[-1])
    found = {each.why.split(" ")[0] for each in check(told.history())}
    assert laws_broken(told) == {3}
    assert found == {"submission", "[ann:3]"}


def test_law3_a_word_that_has_committed_twice_is_found_whatever_its_id() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 4, word="[ann:3]"))
    [violation] = check(told.history())
    assert (violation.law, violation.version) == (3, 7)


def test_law3_words_are_those_written_and_not_those_replaced() -> None:
    told = an_ordinary_day()
    operations = (
        typing("[ann:1][ann:2]"),
        {**typing(""), "value": ["[ann:3]", 4]},
        {"type": "update", "path": ["title"], "value": "title [ann:5]", "oldValue": "[bob:1]"},
        {"type": "noop", "reason": "superseded"},
        {"type": "update", "path": ["settings", "key1"]},
    )
    row = Row(told.rows[0].submission._replace(operations=operations))
    assert words(row) == ["[ann:1]", "[ann:2]", "[ann:3]", "[ann:5]"]


def test_law3_a_word_that_was_saved_and_is_gone_is_found() -> None:
    told = an_ordinary_day()
    told.typed["bob"].append("[bob:4]")
    [violation] = check(told.history())
    assert (violation.law, violation.client) == (3, "bob")
    ann, bob = told.history().endings
    gone = replace(bob, at_rest=False, pending=1)
    assert laws_broken(told, endings=(ann, gone)) == {4}, "who does not rest has not saved"


def test_law3_a_row_that_nobody_has_sent_is_found() -> None:
    told = an_ordinary_day()
    told.shows(told.logs("ann", 4, is_sent=False))
    [violation] = check(told.history())
    assert (violation.law, violation.version) == (3, 7)
    assert "nobody has sent" in violation.why


def test_law3_a_row_of_something_else_than_was_sent_is_found() -> None:
    told = an_ordinary_day()
    told.sends("ann", 4, word="[ann:4]")
    told.shows(told.logs("ann", 4, word="[ann:5]", is_sent=False))
    [violation] = check(told.history())
    assert "something else was sent" in violation.why


def test_law3_what_was_sent_on_another_base_after_a_refusal_breaks_no_law() -> None:
    told = an_ordinary_day()
    told.sends("ann", 4, baseVersion=2)
    told.hears("ann", type="rejected", sequence=4, retry="rebase", code="rebase_required")
    told.edits("ann", 4)
    assert check(told.history()) == []


def test_law3_a_row_that_was_sent_after_its_commit_is_found() -> None:
    told = an_ordinary_day()
    row = told.logs("ann", 4, is_sent=False)
    told.rows.pop()
    sent_at = told.passes()
    told.sends("ann", 4)
    told.rows.append(replace(row, committed_at=sent_at))
    told.shows(row)
    [violation] = check(told.history())
    assert "sent after its commit" in violation.why


def test_law3_a_row_of_a_replica_that_never_joined_is_found() -> None:
    told = an_ordinary_day()
    row = told.logs("bob", 4)
    stranger = row.submission._replace(replica_id=REPLICAS["ann"], sequence=9, user_id=BOB)
    told.rows[-1] = Row(stranger, row.committed_at)
    told.shows(told.rows[-1])
    assert laws_broken(told) == {3}


def joins_with(told: Told, sequence: int, version: int) -> set[int]:
    told.join("ann", 6, lastSequence=sequence, lastVersion=version)
    return laws_broken(told)


def test_law3_who_joins_and_is_told_of_too_little_is_found() -> None:
    """It would send again what has committed."""
    assert joins_with(an_ordinary_day(), 3, 5) == set()
    assert joins_with(an_ordinary_day(), 2, 3) == {3}
    assert joins_with(an_ordinary_day(), 0, 0) == {3}
