"""A cursor carries keys to the next page, and nothing else gets through."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.cursor import checked_limit, decode_cursor, encode_cursor, page_of
from weft.errors import WeftError
from weft.limits import PAGE_MAX_ITEMS

AT = datetime(2030, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
ID = str(UUID(int=7))  # in the name of a test: one that it keeps


def test_keys_come_back_as_they_went_in():
    keys = (AT, uuid4(), "grüß 👋", 0.30000001192092896, 2**53 - 1)
    cursor = encode_cursor("all", *keys)
    assert decode_cursor("all", cursor, datetime, UUID, str, float, int) == keys
    assert cursor.isascii()
    assert not set(cursor) & set("=+/ ?&")


def test_without_a_cursor_every_key_is_none():
    assert decode_cursor("all", None, datetime, UUID) == (None, None)


def raw(content: object) -> str:
    return urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    "garbage",
    [
        "", "=", "!!!", "é", "\0", "bm8", "W10", raw({}), raw([]), raw(["all"]),
        raw(["other", AT, ID]), raw(["all", AT, ID, 1]),
        raw(["all", "2030-01-31T23:59:59", ID]), raw(["all", AT, "x"]),
        raw(["all", 5, ID]), raw(["all", AT, None]), raw([["all"], AT, 1]),
        "A" * 2_001,
    ],
)  # fmt: skip
def test_law7_garbage_is_refused_by_name(garbage: str):
    with pytest.raises(WeftError) as raised:
        decode_cursor("all", garbage, datetime, UUID)
    assert raised.value.code == "invalid_message"
    assert raised.value.details["errors"][0]["field"] == "after"


@pytest.mark.parametrize(("type_", "key"), [(str, "\0"), (str, 1), (float, "1"), (int, 1.5)])
def test_law7_a_key_that_no_column_can_hold_is_refused(type_: type, key: object):
    with pytest.raises(WeftError):
        decode_cursor("all", raw(["all", key]), type_)


@given(st.text())
def test_law7_no_text_makes_reading_a_cursor_fail_otherwise(text: str):
    with pytest.raises(WeftError):
        decode_cursor("all", text, datetime, UUID)


@pytest.mark.parametrize("limit", [0, -1, PAGE_MAX_ITEMS + 1])
def test_law7_a_limit_out_of_range_is_refused(limit: int):
    with pytest.raises(WeftError) as raised:
        checked_limit(limit)
    assert raised.value.details["errors"][0]["field"] == "limit"


def test_one_item_more_than_fits_says_that_there_is_a_next_page():
    full = page_of("all", [1, 2, 3], 2, lambda last: (last,))
    assert full.items == (1, 2)
    assert decode_cursor("all", full.next_cursor, int) == (2,)
    assert page_of("all", [1, 2], 2, lambda last: (last,)).next_cursor is None
    assert page_of("all", [], 2, lambda last: (last,)).next_cursor is None
