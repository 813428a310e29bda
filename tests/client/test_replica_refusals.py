"""The replica as a conversation: what is refused, and what then becomes of it."""

import pytest

from tests.client.conversation import (
    BOARD,
    ME,
    NOTE,
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
from weft.errors import WeftError
from weft.limits import JOIN_PATIENCE_ATTEMPTS

TEXT = ("config", "text")


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
