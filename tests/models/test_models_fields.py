"""Law 7 field by field: what is let in, in which spelling, and which rule refuses the rest."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from weft.limits import IMAGE_DATA_URL_MAX_CHARACTERS, INTEGER_MAX, JSON_MAX_DEPTH
from weft.models.address import IpAddress, IpNetwork
from weft.models.field import Color, Flag, ImageUrl, Instant, MediaUrl, Number, Size, Text, Whole
from weft.models.json_content import JsonObject
from weft.models.user import Email, Username

ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def rule(kind: Any, value: Any) -> str | None:
    """The rule that refuses the value, None when it is let in."""
    adapter = ADAPTERS.setdefault(kind, TypeAdapter(kind))
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        assert len(error.errors()) == 1
        return error.errors()[0]["type"]
    return None


def told(kind: Any, value: Any) -> Any:
    """The value as it leaves again on the wire."""
    adapter = ADAPTERS.setdefault(kind, TypeAdapter(kind))
    return adapter.dump_python(adapter.validate_python(value), mode="json")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://example.com/a/b?c=d#e",
        "HTTPS://EXAMPLE.com:8443/",
        "http://[2001:db8::1]/x",
        "https://bücher.example/ü",
    ],
)
def test_a_web_address_is_let_in_as_it_came(url: str) -> None:
    assert told(MediaUrl, url) == url
    assert told(ImageUrl, url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " https://example.com",
        "java\nscript:alert(1)",
        "https://example.com/\n",
        "https://example.com/a b",
        "data:text/html,<script>alert(1)</script>",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/png,not-base64",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://example.com/1",
        "//example.com/x",
        "/relative",
        "https://",
        "https:///path",
        "https:example.com",
        "https:\\\\example.com",
        "https://example.com\\@evil.example",
        "https://user:secret@example.com/",
        "https://example.com:99999999/",
        "",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    assert rule(MediaUrl, url) == "web_url"
    assert rule(ImageUrl, url) == "image_url"


def test_a_small_raster_image_may_be_given_as_data_and_only_where_an_image_is_meant() -> None:
    assert told(ImageUrl, PIXEL) == PIXEL
    assert rule(MediaUrl, PIXEL) == "web_url"
    large = PIXEL + "A" * IMAGE_DATA_URL_MAX_CHARACTERS
    assert rule(ImageUrl, large) == "string_too_long"
    assert rule(ImageUrl, "https://example.com/" + "a" * 2100) == "image_url"


@pytest.mark.parametrize(
    "color", ["#fff", "#11223344", "red", "currentColor", "rgb(1, 2, 3)", "hsl(120deg 75% 25%)",
              "var(--brand-1)", "oklch(40% 0.2 30 / 50%)"],
)  # fmt: skip
def test_a_colour_is_let_in(color: str) -> None:
    assert rule(Color, color) is None


@pytest.mark.parametrize(
    "color",
    ["", "red;position:fixed", "url(javascript:x)", "rgb(1,2,3);x:y", "#ggg", "red\n",
     "expression(alert(1))", "var(--x, url(y))"],
)  # fmt: skip
def test_what_is_more_than_a_colour_is_refused(color: str) -> None:
    assert rule(Color, color) == "string_pattern_mismatch"


@pytest.mark.parametrize(
    ("kind", "value", "broken"),
    [
        (Text, 5, "string_type"),
        (Text, b"x", "string_type"),
        (Text, "a\0b", "unstorable_text"),
        (Text, "\ud800", "unstorable_text"),
        (Flag, 1, "bool_type"),
        (Flag, "true", "bool_type"),
        (Whole, -1, "greater_than_equal"),
        (Whole, 1.5, "int_type"),
        (Whole, "1", "int_type"),
        (Whole, True, "int_type"),
        (Whole, INTEGER_MAX + 1, "less_than_equal"),
        (Number, "1", "number_type"),
        (Number, True, "number_type"),
        (Number, None, "number_type"),
        (Number, float("nan"), "invalid_number"),
        (Number, float("inf"), "invalid_number"),
        (Number, 10**400, "invalid_number"),
        (Number, -INTEGER_MAX - 1, "invalid_number"),
        (Size, -0.1, "greater_than_equal"),
        (Size, float("nan"), "invalid_number"),
        (Email, "nobody", "string_pattern_mismatch"),
        (Email, "a@b@c", "string_pattern_mismatch"),
        (Email, "a b@example.com", "string_pattern_mismatch"),
        (Email, "a@example.com\n", "string_pattern_mismatch"),
        (Email, "a" * 250 + "@b.de", None),
        (Email, "a" * 251 + "@b.de", "string_too_long"),
        (Username, " padded", "string_pattern_mismatch"),
        (Username, "", "string_too_short"),
        (Username, "u" * 101, "string_too_long"),
        (Username, "Ada Lovelace", None),
        (JsonObject, [], "dict_type"),
        (JsonObject, {"a": {"b": float("nan")}}, "invalid_number"),
        (JsonObject, {"a": [2**53]}, "invalid_number"),
        (JsonObject, {"a": "\0"}, "unstorable_text"),
        (JsonObject, {"\ud800": 1}, "unstorable_text"),
        (JsonObject, {"a": {"__proto__": 1}}, "forbidden_key"),
        (JsonObject, {"k" * 201: 1}, "too_large"),
        (JsonObject, {"a": {1: 2}}, "not_json"),
        (JsonObject, {"a": {1, 2}}, "not_json"),
    ],
)
def test_a_rule_has_its_name(kind: Any, value: Any, broken: str | None) -> None:
    assert rule(kind, value) == broken


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_depth_is_bounded_however_deep_the_bomb() -> None:
    assert rule(JsonObject, nested(JSON_MAX_DEPTH)) is None
    assert rule(JsonObject, nested(JSON_MAX_DEPTH + 1)) == "too_deep"
    assert rule(JsonObject, nested(100_000)) == "too_deep"


def test_a_fault_in_json_is_told_with_its_place() -> None:
    with pytest.raises(ValidationError, match=r"at rows\.1\.name"):
        TypeAdapter(JsonObject).validate_python({"rows": [{}, {"name": "\0"}]})


def test_an_integral_float_is_that_integer() -> None:
    assert repr(told(Number, 2.0)) == "2"
    assert repr(told(Size, 2.5)) == "2.5"
    assert repr(told(Number, 1e300)) == "1e+300"


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        ("2024-01-31T10:00:00.250+02:00", "2024-01-31T08:00:00.250000Z"),
        (
            datetime(2024, 1, 31, 10, tzinfo=timezone(timedelta(hours=-5))),
            "2024-01-31T15:00:00Z",
        ),
    ],
)
def test_an_instant_leaves_in_utc(value: object, leaves: str) -> None:
    assert told(Instant, value) == leaves


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ("2024-01-31T10:00:00", "timezone_aware"),
        (datetime(2024, 1, 31), "timezone_aware"),
        ("yesterday", "datetime_parsing"),
        ("1706695200", "datetime_parsing"),
        (1706695200, "datetime_type"),
        (None, "datetime_type"),
        ("0001-01-01T00:00:00+02:00", "datetime_range"),
        ("9999-12-31T23:59:59-02:00", "datetime_range"),
    ],
)
def test_what_is_no_instant_is_refused(value: object, broken: str) -> None:
    assert rule(Instant, value) == broken


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_the_wire(instant: datetime) -> None:
    assert TypeAdapter(Instant).validate_python(told(Instant, instant)) == instant


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
    ],
)
def test_an_address_has_one_spelling(value: str, leaves: str) -> None:
    assert told(IpAddress, value) == leaves


@pytest.mark.parametrize("value", ["", "10.0.0", "10.0.0.256", "fe80::1%eth0", 1, None, b"\0" * 4])
def test_what_is_no_address_is_refused(value: object) -> None:
    assert rule(IpAddress, value) == "ip_address"


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.1", "10.0.0.1/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_has_one_spelling(value: str, leaves: str) -> None:
    assert told(IpNetwork, value) == leaves


@pytest.mark.parametrize(
    "value", ["10.1.2.3/8", "10.0.0.0/33", "office", "", 7, None, "fe80::%1/64"]
)
def test_what_is_no_network_is_refused(value: object) -> None:
    assert rule(IpNetwork, value) == "ip_network"
