"""The replica as a conversation: connections that come and go, and how it catches up after them."""

import json
from typing import Any

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
from weft.errors import WeftError
from weft.limits import JOIN_PATIENCE_ATTEMPTS

TEXT = ("config", "text")


def test_edits_made_offline_are_shown_and_sent_as_one_after_the_join() -> None:
    talk = Conversation()
    talk.disconnect()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.edit.insert(WIDGET, TEXT, 6, "!")
    assert (talk.text, talk.state, talk.sent()) == ("hello!!", "offline", [])
    talk.connect()
    assert talk.sent() == [join(0, wants_tail=True)]
    talk.joined(1, submission(1, typed(0, "oh, ")))
    assert talk.text == "oh, hello!!"
    assert talk.sent() == [submit(1, 1, typed(9, "!!"))]


def test_law3_a_submission_that_has_not_committed_is_rebased_and_sent_under_its_sequence() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.disconnect()
    talk.connect()
    talk.joined(1, submission(1, typed(0, "oh, ")), last=(0, 0))
    assert talk.sent() == [
        submit(1, 0, typed(5, "!")),
        join(0, wants_tail=True),
        submit(1, 1, typed(9, "!")),
    ]


def test_law3_a_submission_that_has_committed_unheard_is_not_sent_again() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.edit.insert(WIDGET, TEXT, 6, "?")
    talk.sent()
    talk.disconnect()
    talk.connect()
    talk.joined(2, submission(1, typed(0, "> ")), submission(2, typed(7, "!"), by=ME), last=(1, 2))
    assert talk.text == "> hello!?"
    assert talk.sent() == [join(0, wants_tail=True), submit(2, 2, typed(8, "?"))]


def test_law3_a_new_life_of_a_replica_goes_on_above_its_last_sequence() -> None:
    talk = Conversation(joined=False)
    talk.connect()
    talk.joined(9, state={"title": "", "widgets": {WIDGET: NOTE}}, last=(7, 8))
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    assert talk.sent() == [join(), submit(8, 9, typed(5, "!"))]


def test_a_long_tail_comes_in_pages() -> None:
    talk = Conversation()
    talk.disconnect()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.connect()
    talk.hears(type="tail", submissions=[submission(1, typed(0, "1"))], headVersion=3)
    talk.hears(type="tail", submissions=[submission(2, typed(0, "2"))], headVersion=3)
    assert talk.state == "offline"
    talk.joined(3, submission(3, typed(0, "3")))
    assert talk.text == "321hello!"
    assert talk.sent()[-1] == submit(1, 3, typed(8, "!"))


def test_versions_that_were_seen_are_ignored() -> None:
    talk = Conversation()
    talk.committed(submission(1, typed(0, "a")))
    talk.committed(submission(1, typed(0, "a")), submission(2, typed(0, "b")))
    assert talk.text == "bahello"


def test_law1_after_a_missing_version_it_joins_again() -> None:
    talk = Conversation()
    talk.committed(submission(1, typed(0, "a")))
    talk.committed(submission(3, typed(0, "c")))
    assert (talk.text, talk.sent(), talk.state) == ("ahello", [join(1)], "offline")
    talk.joined(3, submission(2, typed(0, "b")), submission(3, typed(0, "c")))
    assert (talk.text, talk.state) == ("cbahello", "saved")


def test_what_is_still_under_way_when_the_connection_is_gone_is_not_heard() -> None:
    talk = Conversation()
    talk.disconnect()
    talk.committed(submission(1, typed(0, "a")))
    assert (talk.text, talk.replica.version) == ("hello", 0)


def test_a_dashboard_whose_owner_went_away_is_joined_again_after_growing_waits() -> None:
    talk = Conversation()
    waits: list[float] = []
    for _ in range(15):
        talk.ended("owner_unavailable")
        assert talk.state == "offline"
        waits += talk.waits()
        talk.wait_is_over()
        assert talk.sent() == [join(0)]
    assert waits == [0.125, 0.25, *[0.5] * 8, 1.0, 2.0, 4.0, 7.5, 7.5], "the lower half of 15 s"
    talk.joined(0)
    talk.ended("owner_unavailable", retryAfterMs=3_000)
    assert talk.waits() == [3.125]


def test_a_dashboard_that_is_refused_for_good_is_not_joined_again() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.sent()
    talk.ended("forbidden")
    (finish,) = talk.finished()
    assert finish.error is not None
    assert (finish.error.code, talk.state) == ("forbidden", "failed")
    talk.disconnect()
    talk.connect()
    assert talk.sent() == []
    with pytest.raises(WeftError, match="may not"):
        talk.edit.insert(WIDGET, TEXT, 5, "?")
    assert talk.replica.status.pending == 1, "and what was not saved is still known"


def test_a_replica_that_a_dying_page_has_taken_over_comes_back_but_two_do_not_fight_for_ever() -> (
    None
):
    talk = Conversation()
    for _ in range(JOIN_PATIENCE_ATTEMPTS):
        talk.ended("conflict")
        assert len(talk.waits()) == 1
        talk.wait_is_over()
        talk.joined(0)
    talk.ended("conflict")
    (finish,) = talk.finished()
    assert finish.error is not None


def test_pending_edits_that_the_log_no_longer_reaches_back_to_are_given_up_and_told() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.disconnect()
    talk.connect()
    for _ in range(JOIN_PATIENCE_ATTEMPTS + 1):
        assert talk.sent()[-1] == join(0, wants_tail=True)
        talk.ended("conflict")
        talk.wait_is_over()
    assert talk.sent() == [join()]
    talk.joined(9, state={"title": "Sales", "widgets": {WIDGET: NOTE}})
    assert [notice.reason for notice in talk.told()] == ["history_gone"]


def test_leaving_is_answered_and_final() -> None:
    talk = Conversation()
    talk._carry(talk.replica.leave())
    assert talk.sent() == [{"type": "leave"}]
    talk.hears(type="ended", code="left")
    assert [finish.error for finish in talk.finished()] == [None]


@pytest.mark.parametrize("cut", ["connection", "conflict"])
def test_a_leave_that_is_not_answered_is_final_too(cut: str) -> None:
    talk = Conversation()
    talk._carry(talk.replica.leave())
    assert talk.replica.leave() == [], "once is enough"
    talk.disconnect() if cut == "connection" else talk.ended("conflict")
    assert [finish.error for finish in talk.finished()] == [None]
    talk.connect()
    assert talk.sent() == [{"type": "leave"}]


def test_a_snapshot_over_pending_edits_tells_what_it_has_cost() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.edit.set(WIDGET, "title", "Mine")
    talk.disconnect()
    talk.connect()
    talk.joined(90, state={"title": "New", "widgets": {WIDGET: NOTE}}, last=(1, 80))
    (notice,) = talk.told()
    assert (notice.loss.value, notice.reason) == ("discarded", "history_gone")
    assert [operation.type for operation in notice.operations] == ["update"], "the rest is saved"
    assert talk.state == "conflict"
    talk.edit.restore(notice)
    assert talk.replica.document.value_at(WIDGET, ("title",)) == "Mine"
    assert talk.sent()[-1] == submit(2, 90, updated(["title"], "Mine"))


# --- catching up ---------------------------------------------------------------------------------

STATE = json.dumps({"title": "Sales", "widgets": {WIDGET: NOTE}})


def hear_parts(talk: Conversation, version: int, *numbers: int, of: int = 3) -> None:
    size = len(STATE) // of + 1
    for part in numbers:
        text = STATE[(part - 1) * size : part * size]
        talk.hears(type="snapshot", version=version, part=part, parts=of, text=text)


def hear_page(talk: Conversation, *submissions: dict[str, Any], head: int) -> None:
    talk.hears(type="tail", submissions=submissions, headVersion=head)


def test_a_snapshot_in_parts_is_put_together_and_progress_is_told() -> None:
    talk = Conversation(joined=False)
    talk.connect()
    hear_parts(talk, 7, 1, 2, 3)
    assert talk.progress() == [("parts", 1, 3), ("parts", 2, 3), ("parts", 3, 3)]
    hear_page(talk, submission(8, typed(5, "!")), head=9)
    assert talk.progress() == [("versions", 1, 2)]
    assert talk.replica.version is None, "until it is joined nothing is shown"
    talk.joined(9, submission(9, typed(6, "?")))
    assert (talk.text, talk.replica.version, talk.state) == ("hello!?", 9, "saved")
    assert talk.shown() == ["snapshot", "remote", "remote"]


def test_pages_are_taken_in_as_they_come_and_progress_is_told() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.disconnect()
    talk.connect()
    hear_page(talk, submission(1, typed(0, "1")), submission(2, typed(0, "2")), head=3)
    assert talk.progress() == [("versions", 2, 3)]
    assert (talk.text, talk.replica.version) == ("21hello!", 2)
    talk.joined(3, submission(3, typed(0, "3")))
    assert talk.sent()[-1] == submit(1, 3, typed(8, "!"))


@pytest.mark.parametrize("heard", [(2,), (1, 3), (1, 2), (1, 1)])
def test_a_part_that_is_missing_makes_it_start_afresh(heard: tuple[int, ...]) -> None:
    talk = Conversation(joined=False)
    talk.connect()
    talk.sent()
    hear_parts(talk, 7, *heard)
    talk.joined(7)
    assert talk.reports()
    assert talk.state == "offline"
    talk.wait_is_over()
    assert talk.sent() == [join()]
    hear_parts(talk, 7, 1, 2, 3)
    talk.joined(7)
    assert talk.state == "saved"


def test_a_cut_in_the_middle_of_a_snapshot_leaves_nothing_behind() -> None:
    talk = Conversation(joined=False)
    talk.connect()
    hear_parts(talk, 7, 1, 2)
    talk.disconnect()
    talk.connect()
    hear_parts(talk, 8, 1, 2, 3)
    talk.joined(8)
    assert (talk.text, talk.replica.version, talk.reports()) == ("hello", 8, [])
