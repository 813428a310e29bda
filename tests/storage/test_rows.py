"""How records become columns and come back."""

import pytest

from storage.ports import DashboardCommit
from storage.postgres_statements import statements
from storage.rows import check_text, decode_json, encode_json, head_after, kind_of, target_of
from tests.storage.making import INSERT, submission
from weft.errors import WeftError

WIDGET_ID = "0c9f4a52-6a0e-4b6c-9b53-0f4f6f0e7f11"


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\\\x00", {"\x00": 1}, "\ud800", [2**65]])
def test_what_jsonb_cannot_hold_is_not_encoded(value):
    with pytest.raises(ValueError):
        encode_json(value)


@pytest.mark.parametrize("value", ["\\u0000", "\\\\u0000", "\\u00001", "u0000", "\x01", "\x7f"])
def test_what_only_looks_like_nul_is_encoded(value):
    assert decode_json(encode_json(value)) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9007199254740991", 9007199254740991),
        (b"9007199254740992", 9007199254740992.0),
        (b"[-100000000000000000]", [-1e17]),
        (b'{"a":[100000000000000000000000]}', {"a": [1e23]}),
        (b'"1234567890123456789"', "1234567890123456789"),
    ],
)
def test_a_number_beyond_2_to_the_53_is_a_float(raw, value):
    decoded = decode_json(raw)
    assert decoded == value
    assert repr(decoded) == repr(value)


def test_a_row_names_the_type_and_target_that_its_edits_share():
    edit = {**INSERT, "targetId": WIDGET_ID}
    assert kind_of((edit, edit)) == "insert"
    assert kind_of((edit, {"type": "delete"})) == "batch"
    assert str(target_of((edit, edit))) == WIDGET_ID
    assert target_of((edit, INSERT)) is None
    assert target_of((INSERT,)) is None


def test_law1_a_commit_names_the_versions_that_follow():
    some = submission(3), submission(4)
    assert head_after(DashboardCommit(submission(1).replica_id, 2, 1, some)) == 4
    for wrong in ((submission(4),), (submission(3), submission(3)), (submission(2),)):
        with pytest.raises(ValueError, match="follows"):
            head_after(DashboardCommit(submission(1).replica_id, 2, 1, wrong))


def test_text_that_fits_a_column_passes_and_all_else_is_refused():
    check_text("title", "é" * 255, 255)
    check_text("title", None, 255)
    with pytest.raises(WeftError, match="longer than 255"):
        check_text("title", "x" * 256, 255)


@pytest.mark.parametrize("file", ["log", "checkpoints", "identity", "identity_reads"])
def test_statements_are_found_by_name(file):
    found = statements(file)
    assert found
    assert all(text and not text.endswith(";") for text in found.values())
