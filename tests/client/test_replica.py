"""The replica as a conversation: what the user does, what the server says, what it answers."""

import json

import pytest

from tests.client.conversation import (
    ME,
    NOTE,
    WIDGET,
    Conversation,
    join,
    submission,
    submit,
    typed,
    updated,
)
from weft.client.replica import Replica
from weft.errors import OperationError, WeftError

TEXT = ("config", "text")


def test_a_new_replica_joins_with_nothing_and_takes_the_snapshot_and_what_followed() -> None:
    talk = Conversation(joined=False)
    assert talk.state == "offline"
    talk.connect()
    assert talk.sent() == [join()]
    talk.joined(
        3,
        submission(3, typed(5, "!")),
        state={"title": "Sales", "widgets": {WIDGET: NOTE}},
        snapshot_version=2,
    )
    assert (talk.text, talk.replica.version, talk.state) == ("hello!", 3, "saved")
    assert talk.shown() == ["snapshot", "remote"]


def test_law2_an_edit_is_shown_at_once_and_saved_only_when_its_commit_has_come_back() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    assert (talk.text, talk.state) == ("hello!", "saving")
    assert talk.sent() == [submit(1, 0, typed(5, "!"))]
    talk.committed(submission(1, typed(5, "!"), by=ME))
    assert (talk.text, talk.state, talk.replica.version) == ("hello!", "saved", 1)
    assert talk.shown() == ["local"], "its own commit changes nothing on the screen"


def test_one_submission_is_in_flight_and_the_rest_waits_compacted() -> None:
    talk = Conversation()
    for position, letter in enumerate(" you", start=5):
        talk.edit.insert(WIDGET, TEXT, position, letter)
    assert talk.sent() == [submit(1, 0, typed(5, " "))]
    talk.committed(submission(1, typed(5, " "), by=ME))
    assert talk.sent() == [submit(2, 1, typed(6, "you"))]
    assert talk.text == "hello you"


def test_an_edit_and_what_undid_it_are_never_sent() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 0, "a")
    talk.edit.insert(WIDGET, TEXT, 1, "b")
    talk.edit.delete(WIDGET, TEXT, 1, 1)
    assert len(talk.sent()) == 1
    talk.committed(submission(1, typed(0, "a"), by=ME))
    assert talk.sent() == []
    assert talk.state == "saved"


def test_what_others_commit_is_transformed_over_all_that_is_pending() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 0, "A")
    talk.edit.insert(WIDGET, TEXT, 6, "Z")
    talk.committed(submission(1, typed(0, "remote ")))
    assert talk.text == "Aremote helloZ", "at one position the later comes first"
    talk.committed(submission(2, typed(0, "A"), by=ME))
    assert talk.text == "Aremote helloZ"
    assert talk.sent()[-1] == submit(2, 2, typed(13, "Z"))


def test_an_edit_that_is_not_possible_is_refused_here_and_changes_nothing() -> None:
    talk = Conversation()
    with pytest.raises(OperationError) as refused:
        talk.edit.delete(WIDGET, TEXT, 3, 9)
    assert refused.value.code == "out_of_range"
    with pytest.raises(WeftError) as unstorable:
        talk.edit.set(WIDGET, "title", "a\0b")
    assert unstorable.value.code == "unstorable_text"
    assert (talk.text, talk.sent(), talk.state) == ("hello", [], "saved")


def test_a_value_that_the_caller_changes_later_changes_nothing_here() -> None:
    talk = Conversation()
    value = ["x"]
    talk.edit.set(WIDGET, ("config", "items"), value)
    value.append("y")
    assert talk.replica.document.value_at(WIDGET, ("config", "items")) == ["x"]


def test_nobody_edits_what_is_not_joined_yet_or_may_only_be_looked_at() -> None:
    early = Conversation(joined=False)
    with pytest.raises(WeftError) as refused:
        early.edit.set(None, "title", "Mine")
    assert refused.value.code == "not_joined"
    viewer = Conversation(role="viewer")
    with pytest.raises(WeftError) as forbidden:
        viewer.edit.set(None, "title", "Mine")
    assert forbidden.value.code == "forbidden"


def test_law6_what_is_taken_away_is_refused_here_and_what_was_on_its_way_is_told() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.hears(type="permission", role="viewer", permissions=["read widget"])
    with pytest.raises(WeftError) as refused:
        talk.edit.insert(WIDGET, TEXT, 6, "?")
    assert refused.value.code == "forbidden"
    talk.rejected(1, "forbidden", operation=0, action="write", resource="widget")
    (notice,) = talk.told()
    assert notice.error is not None
    assert (notice.reason, notice.error.details["operation"]) == ("forbidden", 0)
    assert talk.text == "hello"


def test_a_viewer_who_was_granted_to_write_widgets_edits() -> None:
    talk = Conversation(role="viewer")
    talk.hears(type="permission", role="viewer", permissions=["read widget", "write widget"])
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    assert talk.text == "hello!"


# --- batches -------------------------------------------------------------------------------------


def test_a_batch_is_shown_at_once_and_sent_as_one() -> None:
    talk = Conversation()
    with talk.edit.batch():
        talk.edit.set(WIDGET, "title", "One")
        talk.edit.set(None, "title", "Two")
        assert talk.sent() == []
        assert talk.replica.document.value_at(WIDGET, ("title",)) == "One"
    assert talk.sent() == [submit(1, 0, updated(["title"], "One"), updated(["title"], "Two", None))]


def test_a_batch_that_fails_is_undone_also_under_what_others_did_meanwhile() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    with pytest.raises(ZeroDivisionError), talk.edit.batch():
        talk.edit.insert(WIDGET, TEXT, 0, "half ")
        talk.committed(submission(1, typed(0, "> ")))
        assert talk.text == "half > hello!"
        raise ZeroDivisionError
    assert talk.text == "> hello!"
    talk.committed(submission(2, typed(7, "!"), by=ME))
    assert talk.state == "saved"


def test_a_batch_within_a_batch_is_part_of_it() -> None:
    talk = Conversation()
    with talk.edit.batch():
        talk.edit.set(WIDGET, "title", "One")
        with talk.edit.batch():
            talk.edit.set(None, "title", "Two")
        assert talk.sent() == []
    (frame,) = talk.sent()
    assert len(frame["operations"]) == 2


def test_an_edit_or_a_batch_that_no_submission_can_hold_is_refused_here() -> None:
    talk = Conversation()
    with pytest.raises(WeftError) as large:
        talk.edit.insert(WIDGET, TEXT, 0, "x" * 1_100_000)
    assert large.value.code == "too_large"
    with pytest.raises(WeftError) as many, talk.edit.batch():
        for number in range(501):
            talk.edit.set(WIDGET, ("data", str(number)), number)
    assert many.value.code == "too_large"
    assert (talk.sent(), talk.replica.document.value_at(WIDGET, ("data",))) == ([], {})


def test_much_that_waits_is_sent_in_parts_and_no_edit_is_torn() -> None:
    talk = Conversation()
    talk.disconnect()
    for number in range(300):
        talk.edit.set(WIDGET, ("data", str(number)), number)
    talk.edit.insert(WIDGET, TEXT, 0, "x" * 400_000)
    talk.edit.insert(WIDGET, TEXT, 0, "y" * 400_000)
    talk.connect()
    talk.joined(0)
    counts = []
    for version in range(1, 9):
        (frame,) = [frame for frame in talk.sent() if frame["type"] == "submit"]
        counts.append(len(frame["operations"]))
        committed = submission(version, *frame["operations"], by=ME, sequence=frame["sequence"])
        talk.committed(committed)
    assert counts == [50] * 6 + [1, 1]
    assert talk.state == "saved"


# --- a page that is loaded again -----------------------------------------------------------------


def test_law3_a_stored_replica_goes_on_where_it_was() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.edit.insert(WIDGET, TEXT, 6, "?")
    stored = json.loads(json.dumps(talk.replica.to_json()))

    later = Conversation(joined=False)
    later.replica = Replica.from_json(stored, lambda: 0.0)
    assert (later.text, later.state) == ("hello!?", "offline")
    later.connect()
    later.joined(1, submission(1, typed(5, "!"), by=ME), last=(1, 1))
    assert later.text == "hello!?"
    assert later.sent() == [join(0, wants_tail=True), submit(2, 1, typed(6, "?"))]
