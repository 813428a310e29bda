"""The content check agrees with a plain recursive reading of the rules, and never recurses."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.errors import WeftError
from weft.limits import FORBIDDEN_KEYS, INTEGER_MAX, KEY_MAX_CHARACTERS
from weft.wire.codec import encode
from weft.wire.content import check_content, printable

texts = st.text("ab_é\0\ud800\U0001f600", max_size=4)
keys = texts | st.sampled_from(sorted(FORBIDDEN_KEYS)) | st.just("k" * (KEY_MAX_CHARACTERS + 1))
numbers = (
    st.floats()
    | st.integers(-3, 3)
    | st.sampled_from([INTEGER_MAX, -INTEGER_MAX, INTEGER_MAX + 1, -INTEGER_MAX - 1])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
MAX_DEPTH = 3


def faults(value: Any, depth: int = 1) -> set[str]:
    """The codes of all faults: the rules of docs/spec.md, said the other way round."""
    if isinstance(value, str):
        bad = "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)
        return {"unstorable_text"} if bad else set()
    if isinstance(value, float):
        return set() if math.isfinite(value) else {"invalid_number"}
    if isinstance(value, int):
        return {"invalid_number"} if abs(value) > INTEGER_MAX else set()
    found: set[str] = set()
    if isinstance(value, list | dict):
        if depth > MAX_DEPTH:
            found.add("too_deep")
        for item in value.values() if isinstance(value, dict) else value:
            found |= faults(item, depth + 1)
    if isinstance(value, dict):
        for key in value:
            found |= faults(key)
            found |= {"forbidden_key"} if key in FORBIDDEN_KEYS else set()
            found |= {"too_large"} if len(key) > KEY_MAX_CHARACTERS else set()
    return found


@given(values)
def test_law7_a_value_passes_exactly_when_it_has_no_fault(value: Any) -> None:
    expected = faults(value)
    try:
        check_content(value, MAX_DEPTH)
    except WeftError as error:
        assert error.code in expected
        encode(error.to_json())
    else:
        assert not expected


def test_a_bottomless_value_does_not_exhaust_the_stack() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(WeftError, match="nested beyond"):
        check_content(value)
    while value:  # taken apart by hand, for the interpreter's own recursion
        value = value[0]


def test_a_value_without_nesting_has_depth_one() -> None:
    assert check_content([1, "a", None], max_depth=1)
    with pytest.raises(WeftError, match="nested beyond 1"):
        check_content([[]], max_depth=1)


@pytest.mark.parametrize("exact", [1, 1.5, "text", 2.0**62, -(2.0**62), True, None])
def test_a_number_that_every_parser_reads_alike_is_exact(exact: Any) -> None:
    assert check_content({"a": exact})
    assert check_content(exact)


@pytest.mark.parametrize("doubtful", [2.0**63, -(2.0**63), 1e300])
def test_a_float_that_may_have_been_a_long_integer_is_doubtful(doubtful: float) -> None:
    assert not check_content([doubtful])
    assert not check_content(doubtful)


@given(texts)
def test_what_is_shown_of_a_client_is_plain_and_short(text: str) -> None:
    shown = printable(text * 100)
    assert "\0" not in shown
    assert len(shown.encode()) < 130
