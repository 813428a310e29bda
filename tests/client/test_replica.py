"""The replica as a conversation: what the user does, what the server says, what it answers."""

import json
from typing import Any

import pytest

from tests.client.conversation import (
    BOARD,
    ME,
    NOTE,
    OTHER,
    WIDGET,
    Conversation,
    erased,
    join,
    removed,
    submission,
    submit,
    typed,
    updated,
)
from weft.client.pending import Pending
from weft.client.replica import Replica
from weft.errors import OperationError, WeftError
from weft.limits import JOIN_PATIENCE_ATTEMPTS

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


# --- connections that come and go ----------------------------------------------------------------


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


# --- refusals ------------------------------------------------------------------------------------


def test_law7_a_refused_submission_is_undone_under_what_was_typed_since() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 0, "bad ")
    talk.edit.insert(WIDGET, TEXT, 9, "!")
    talk.rejected(1, "quarantined")
    assert talk.text == "hello!"
    (notice,) = talk.told()
    assert (notice.loss.value, notice.reason, notice.lost_value) == (
        "rejected",
        "quarantined",
        "bad ",
    )
    assert talk.sent() == [submit(1, 0, typed(0, "bad ")), submit(2, 0, typed(5, "!"))]
    talk.committed(submission(1, typed(5, "!"), by=ME, sequence=2))
    assert talk.state == "conflict"
    talk.edit.dismiss(notice)
    assert talk.state == "saved"


def test_edits_that_stood_on_a_refused_one_are_told_too() -> None:
    talk = Conversation()
    widget = talk.edit.add_widget({"type": "text", "position": NOTE["position"]})
    talk.edit.set(widget, "title", "On it")
    talk.rejected(1, "forbidden")
    assert widget not in talk.replica.document
    assert [(notice.loss.value, notice.reason) for notice in talk.told()] == [
        ("rejected", "forbidden"),
        ("discarded", "target_removed"),
    ]


@pytest.mark.parametrize("code", ["rate_limited", "storage_unavailable", "in_flight"])
def test_law3_a_submission_refused_for_now_is_sent_later_under_its_own_sequence(code: str) -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.rejected(1, code, retryAfterMs=500)
    assert talk.waits() == [0.625]
    talk.edit.insert(WIDGET, TEXT, 6, "?")
    talk.committed(submission(1, typed(0, "> ")))
    assert talk.sent() == [submit(1, 0, typed(5, "!"))], "it waits"
    talk.wait_is_over()
    assert talk.sent() == [submit(1, 1, typed(7, "!"))], "not with what was typed since"
    assert talk.told() == []


def test_law3_an_older_copy_of_a_submission_that_got_through_is_recognised() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.rejected(1, "id_reused")
    assert talk.sent() == [submit(1, 0, typed(5, "!")), join(0, wants_tail=True)]
    talk.joined(1, submission(1, typed(5, "!"), by=ME), last=(1, 1))
    assert (talk.text, talk.state, talk.told(), talk.sent()) == ("hello!", "saved", [], [])


def test_law7_an_id_that_stays_refused_is_given_up() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    for _ in range(JOIN_PATIENCE_ATTEMPTS):
        talk.rejected(1, "id_reused")
        talk.wait_is_over()
        talk.joined(0)
    talk.rejected(1, "id_reused")
    assert [notice.reason for notice in talk.told()] == ["id_reused"]
    assert talk.text == "hello"


def test_a_replica_too_far_behind_fetches_every_operation_and_sends_again() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.rejected(1, "rebase_required")
    assert talk.sent() == [submit(1, 0, typed(5, "!")), join(0, wants_tail=True)]
    talk.joined(1, submission(1, typed(0, "> ")))
    assert talk.sent() == [submit(1, 1, typed(7, "!"))]
    talk.rejected(1, "rebase_required")
    assert (talk.sent(), talk.waits()) == ([], [0.25]), "a second time it takes its time"


def test_a_submission_that_has_become_void_is_not_sent_again_and_the_next_one_is() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.edit.set(None, "title", "Mine")
    talk.disconnect()
    talk.connect()
    talk.sent()
    talk.joined(1, submission(1, removed()))
    assert talk.sent() == [submit(2, 1, updated(["title"], "Mine", None))]


def test_an_owner_that_was_replaced_and_is_behind_is_not_followed() -> None:
    talk = Conversation()
    talk.committed(submission(1, typed(0, "a")))
    talk.disconnect()
    talk.connect()
    talk.joined(0, state={"title": "Sales", "widgets": {WIDGET: NOTE}})
    assert (talk.text, talk.replica.version, talk.waits()) == ("ahello", 1, [0.125])
    talk.wait_is_over()
    talk.joined(1)
    assert (talk.text, talk.state) == ("ahello", "saved")


def test_a_server_that_has_really_lost_versions_is_followed_in_the_end() -> None:
    talk = Conversation()
    talk.committed(submission(1, typed(0, "a")))
    talk.edit.insert(WIDGET, TEXT, 0, "b")
    talk.rejected(1, "future_version")
    for _ in range(JOIN_PATIENCE_ATTEMPTS - 1):
        assert talk.sent()[-1] == join(1, wants_tail=True)
        talk.ended("future_version")
        talk.wait_is_over()
    assert talk.sent() == [join(1, wants_tail=True)]
    talk.ended("future_version")
    talk.wait_is_over()
    assert talk.sent() == [join()]
    talk.joined(0, state={"title": "Sales", "widgets": {WIDGET: NOTE}})
    assert (talk.text, talk.replica.version) == ("hello", 0)
    assert [notice.reason for notice in talk.told()] == ["history_gone"]


def test_operations_that_cannot_be_applied_lead_to_a_fresh_snapshot_and_not_to_a_crash() -> None:
    talk = Conversation()
    talk.committed(submission(1, erased(50, 9)))
    assert talk.waits() == [0.125]
    talk.wait_is_over()
    assert talk.sent() == [join()]
    talk.joined(1, state={"title": "Sales", "widgets": {WIDGET: NOTE}})
    assert talk.state == "saved"


def test_an_acknowledgement_of_what_it_has_not_recognised_makes_it_start_afresh() -> None:
    talk = Conversation()
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.hears(type="acknowledged", sequence=1, version=1)
    assert len(talk.sent()) == 1, "it is on its way"
    talk.committed(submission(1, typed(5, "!"), sequence=9, by=ME))
    talk.hears(type="acknowledged", sequence=1, version=1)
    assert talk.sent() == [join()]


def test_a_wait_that_ends_late_sends_nothing_twice() -> None:
    talk = Conversation()
    talk.ended("owner_unavailable")
    talk.disconnect()
    talk.connect()
    talk.joined(0)
    talk.edit.insert(WIDGET, TEXT, 5, "!")
    talk.sent()
    talk.wait_is_over()
    assert talk.sent() == []


def test_an_error_that_belongs_to_no_submission_is_reported() -> None:
    talk = Conversation()
    talk.hears(type="error", about={"dashboardId": str(BOARD)}, **WeftError("internal").to_json())
    assert [str(report.error) for report in talk.reports()] == [WeftError("internal").message]
    assert talk.state == "saved"


# --- what is lost is told ------------------------------------------------------------------------


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
