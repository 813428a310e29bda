"""However much happens, it is told once, and as of the last time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from storage.activity import Activity
from storage.identity_ports import Visit

AT = datetime(2030, 1, 1, tzinfo=UTC)


def test_what_was_seen_is_taken_once_as_of_the_last_time():
    activity, session_id, visit = Activity(), uuid4(), Visit(uuid4(), uuid4())
    for second in range(1_000):
        activity.session(session_id, AT + timedelta(seconds=second))
        activity.visit(*visit, AT + timedelta(seconds=second))
    last = AT + timedelta(seconds=999)
    assert activity.take() == ({session_id: last}, {visit: last})
    assert activity.take() == ({}, {})
