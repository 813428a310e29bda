"""What is lost of one's edits is told, and may be restored."""

import json

import pytest

from tests.client.conversation import (
    ME,
    NOTE,
    OTHER,
    WIDGET,
    Conversation,
    removed,
    submission,
    submit,
    typed,
    updated,
)
from weft.client.pending import Pending
from weft.errors import OperationError

TEXT = ("config", "text")


def test_who_edits_a_widget_removed_meanwhile_is_told_and_gets_it_back_in_one_step() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.edit.set(None, "title", "Mine")
    talk.edit.set(WIDGET, "title", "Edited")
    talk.sent()
    talk.committed(submission(1, removed()))
    (notice,) = talk.told()
    assert (notice.loss.value, notice.reason, notice.user_id) == (
        "discarded",
        "target_removed",
        OTHER,
    )
    widget = {**NOTE, "title": "Edited", "config": {**NOTE["config"], "text": "hello!"}}
    assert notice.lost_value == widget, "as its author saw it"
    noop = {"type": "noop", "targetId": WIDGET, "reason": "target_removed"}
    talk.committed(submission(2, noop, by=ME))
    assert talk.sent() == [submit(2, 2, updated(["title"], "Mine", None))]
    talk.edit.restore(notice)
    assert (talk.text, talk.edit.notices()) == ("hello!", ())
    talk.committed(submission(3, updated(["title"], "Mine", None), by=ME, sequence=2))
    assert [each["operations"][0]["type"] for each in talk.sent()] == ["addWidget"]


def test_a_restoration_that_fails_keeps_the_notice() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.committed(submission(1, removed()))
    (notice,) = talk.told()
    talk.committed(submission(2, {"type": "addWidget", "targetId": WIDGET, "value": NOTE}))
    with pytest.raises(OperationError):
        talk.edit.restore(notice)
    assert talk.edit.notices() == (notice,)


def test_a_value_overwritten_by_someone_who_had_not_seen_it_is_told_and_restored() -> None:
    talk = Conversation()
    talk.edit.set(WIDGET, "title", "Mine")
    talk.committed(submission(1, updated(["title"], "Mine"), by=ME))
    talk.sent()
    talk.committed(submission(2, updated(["title"], "Theirs"), base=0))
    (notice,) = talk.told()
    assert (notice.loss.value, notice.lost_value) == ("superseded", "Mine")
    talk.edit.restore(notice)
    assert talk.sent() == [submit(2, 2, updated(["title"], "Mine"))]
    assert (talk.edit.notices(), talk.state) == ((), "saving")


def test_a_value_overwritten_by_someone_who_had_seen_it_is_no_conflict() -> None:
    talk = Conversation()
    talk.edit.set(WIDGET, "title", "Mine")
    talk.committed(submission(1, updated(["title"], "Mine"), by=ME))
    talk.committed(submission(2, updated(["title"], "Theirs"), base=1))
    assert (talk.told(), talk.state) == ([], "saved")


def test_law18_an_edit_made_offline_says_what_its_author_had_seen() -> None:
    talk = Conversation()
    talk.disconnect()
    talk.edit.set(WIDGET, "title", "Mine")
    talk.edit.insert(WIDGET, TEXT, 0, "I say: ")
    talk.connect()
    theirs = [typed(0, "a"), updated(["title"], "Theirs"), typed(0, "b")]
    talk.joined(3, *(submission(version, each) for version, each in enumerate(theirs, 1)))
    (sent,) = talk.sent()[1:]
    assert (sent["baseVersion"], sent["seenVersion"]) == (3, 1), "not what was set as version 2"
    stored = Pending.from_json(json.loads(json.dumps(talk.replica.copy.pending.to_json())))
    assert stored.in_flight == talk.replica.copy.pending.in_flight


def test_law18_an_edit_that_waits_says_what_its_author_had_seen() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 0, "a")
    talk.edit.set(WIDGET, "title", "Mine")
    talk.committed(submission(1, updated(["title"], "Theirs")))
    talk.committed(submission(2, typed(0, "a"), by=ME, base=0))
    assert [(each["baseVersion"], each.get("seenVersion")) for each in talk.sent()] == [
        (0, None),
        (2, 0),
    ]


def test_an_edit_that_overwrites_only_what_was_seen_says_no_more_than_its_base() -> None:
    talk = Conversation()
    talk.disconnect()
    talk.edit.set(WIDGET, "title", "Mine")
    talk.connect()
    talk.joined(1, submission(1, updated(["title"], "Theirs", None)))
    assert "seenVersion" not in talk.sent()[-1]


def test_a_value_that_is_being_set_anew_is_not_told_as_lost() -> None:
    talk = Conversation()
    talk.edit.move(WIDGET, x=1)
    talk.edit.move(WIDGET, x=2)
    talk.committed(submission(1, {"type": "move", "targetId": WIDGET, "value": {"x": 1}}, by=ME))
    theirs = {"type": "move", "targetId": WIDGET, "value": {"x": 9, "y": 9}}
    talk.committed(submission(2, theirs, base=0))
    assert talk.told() == []
    position = talk.replica.document.value_at(WIDGET, ("position",))
    assert (position["x"], position["y"]) == (2, 9)


def test_values_that_a_later_edit_of_one_submission_replaced_are_not_watched_any_more() -> None:
    talk = Conversation()
    with talk.edit.batch():
        talk.edit.set(WIDGET, ("data", "rows"), {"k": 1})
        talk.edit.set(WIDGET, ("data", "rows", "k"), 2)
        talk.edit.set(WIDGET, ("data", "rows"), ["a"])
    rows = ["data", "rows"]
    set_twice = [updated([*rows], {"k": 1}), updated([*rows, "k"], 2), updated(rows, ["a"])]
    talk.committed(submission(1, *set_twice, by=ME))
    first = {"type": "insert", "targetId": WIDGET, "path": rows, "position": 0, "value": ["b"]}
    talk.committed(submission(2, first, base=0))
    assert (talk.told(), talk.state) == ([], "saved")


def test_an_open_notice_follows_the_document() -> None:
    talk = Conversation()
    items = ["config", "items"]
    talk.edit.set(WIDGET, [*items, "1"], "mine")
    talk.committed(submission(1, updated([*items, "1"], "mine"), by=ME))
    talk.committed(submission(2, updated([*items, "1"], "theirs"), base=0))
    (notice,) = talk.told()
    new_first = {
        "type": "insert",
        "targetId": WIDGET,
        "path": items,
        "position": 0,
        "value": ["0"],
    }
    talk.committed(submission(3, new_first))
    talk.edit.restore(notice)
    assert talk.replica.document.value_at(WIDGET, tuple(items)) == ["0", "a", "mine", "c"]
