"""Law 7: each bad frame gets its own code, and names its submission wherever that can be found."""

import json
from typing import Any
from uuid import UUID

import orjson
import pytest
from asyncpg.pgproto import pgproto as driver
from hypothesis import given
from hypothesis import strategies as st

from weft import limits
from weft.wire.codec import FrameError, decode_client_frame, decode_server_frame, encode
from weft.wire.messages import Hello, Join, Leave, Ping, Submit
from weft.wire.outline import OUTLINE_MAX_PIECES, outline

DASHBOARD = "0c9f8a3e-94f1-4e7b-8f5e-2d6c1b7a9e01"
WIDGET = "7d4f2c1b-0a9e-4d8c-b7f6-e5a493827160"
ABOUT = {"dashboardId": DASHBOARD, "sequence": 7}


def submit_text(value: str, **replaced: str) -> str:
    """A submission as text, with `value` raw in its one operation; the id comes last."""
    operation = f'{{"type": "update", "path": ["settings", "a"], "value": {value}}}'
    fields = {
        "type": '"submit"',
        "operations": f"[{operation}]",
        "baseVersion": "3",
        "dashboardId": f'"{DASHBOARD}"',
        "sequence": "7",
    } | replaced
    return "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"


def refusal(data: str | bytes) -> FrameError:
    with pytest.raises(FrameError) as caught:
        decode_client_frame(data)
    encode(caught.value.to_json())  # whatever was sent, the answer to it can be written
    return caught.value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("nonsense", "malformed"),
        ("'text'", "malformed"),
        ('"\x01"', "malformed"),
        ("1,", "malformed"),
        ("NaN", "invalid_number"),
        ("-Infinity", "invalid_number"),
        ("1e999", "invalid_number"),
        ("9007199254740992", "invalid_number"),
        ("-9007199254740992", "invalid_number"),
        ("9" * 30, "invalid_number"),
        ("-" + "9" * 5_000, "invalid_number"),
        (r'"\u0000"', "unstorable_text"),
        ('"\0"', "unstorable_text"),
        (r'"\ud800"', "unstorable_text"),
        (r'"\udc00\ud800"', "unstorable_text"),
        ('"\ud800"', "unstorable_text"),
        (r'{"a\u0000": 1}', "unstorable_text"),
        (r'{"\udfff": 1}', "unstorable_text"),
        ('{"__proto__": 1}', "forbidden_key"),
        (r'{"__pro\u0074o__": 1}', "forbidden_key"),
        ('[{"constructor": {}}]', "forbidden_key"),
        (json.dumps({"k" * 201: 1}), "too_large"),
        ("[" * 65 + "]" * 65, "too_deep"),
        ("[" * 1_000 + "]" * 1_000, "too_deep"),
        ("[" * 10_000 + "]" * 10_000, "too_deep"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "too_deep"),
    ],
)
def test_law7_content_that_cannot_be_held_is_refused_by_name(value: str, code: str) -> None:
    error = refusal(submit_text(value))
    assert error.code == code
    assert error.about == ABOUT


def test_the_place_of_the_fault_is_named() -> None:
    error = refusal(submit_text('{"rows": [1, {"cell": NaN}]}'))
    assert error.details["where"] == ["operations", "0", "value", "rows", "1", "cell"]


def test_what_is_nested_as_deep_as_a_document_may_be_passes() -> None:
    depth = limits.JSON_MAX_DEPTH - 2  # under settings, a
    assert decode_client_frame(submit_text("[" * depth + "]" * depth))


@pytest.mark.parametrize(
    "value", ["1e300", "1.0", "-0.0", "9007199254740991", "1e20", '"\U0001f600"']
)
def test_what_can_be_held_passes(value: str) -> None:
    assert isinstance(decode_client_frame(submit_text(value)), Submit)


@pytest.mark.parametrize(
    ("replaced", "code"),
    [
        ({"baseVersion": "-1"}, "invalid_message"),
        ({"baseVersion": "1.5"}, "invalid_message"),
        ({"baseVersion": '"3"'}, "invalid_message"),
        ({"baseVersion": "true"}, "invalid_message"),
        ({"baseVersion": "null"}, "invalid_message"),
        ({"unknown": "1"}, "invalid_message"),
        ({"base_version": "3"}, "invalid_message"),
        ({"operations": "[]"}, "invalid_message"),
        ({"operations": "{}"}, "invalid_message"),
        ({"operations": "[1]"}, "invalid_message"),
        ({"operations": "[" + ", ".join(["{}"] * 501) + "]"}, "too_large"),
        ({"type": '"Submit"'}, "invalid_message"),
        ({"type": "1"}, "invalid_message"),
        ({"type": "{}"}, "invalid_message"),
    ],
)
def test_law7_a_wrong_field_is_refused_for_its_submission(
    replaced: dict[str, str], code: str
) -> None:
    error = refusal(submit_text("1", **replaced))
    assert error.code == code
    assert error.about == ABOUT


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ({"type": "insert", "path": ["title"], "position": -1, "value": "x"}, "invalid_operation"),
        ({"type": "delete", "path": ["title"], "position": 0, "length": 0}, "invalid_operation"),
        ({"type": "delete", "path": ["title"], "position": 0, "length": -4}, "invalid_operation"),
        ({"type": "insert", "path": [], "position": 0, "value": "x"}, "invalid_operation"),
        ({"type": "insert", "path": "title", "position": 0, "value": "x"}, "invalid_operation"),
        ({"type": "update", "targetId": "w1", "path": ["title"], "value": 1}, "invalid_operation"),
        ({"type": "update", "targetId": WIDGET, "path": [], "value": {}}, "invalid_operation"),
        ({"type": "noop", "reason": "superseded"}, "invalid_operation"),
        ({"type": "explode"}, "invalid_operation"),
        ({}, "invalid_operation"),
    ],
)
def test_law7_a_bad_operation_is_refused_with_its_place(
    operation: dict[str, Any], code: str
) -> None:
    good = {"type": "update", "path": ["settings", "a"], "value": 1}
    error = refusal(submit_text("1", operations=json.dumps([good, operation])))
    assert (error.code, error.about) == (code, ABOUT)
    assert error.details["operation"] == 1


@pytest.mark.parametrize(
    "data",
    [
        "",
        "hello",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"type": "submit"',
        '{"type": "nothing"}',
        '{"type": "join"}',
        '{"type": "join", "dashboardId": "not a UUID", "replicaId": "x"}',
        f'{{"type": "leave", "dashboardId": "{DASHBOARD.upper()}"}}',
        f'{{"type": "leave", "dashboardId": "{{{DASHBOARD}}}"}}',
        b"\xef\xbb\xbf{}",
        b'{"type": "\xff"}',
        "[" * 10_000 + "]" * 10_000,
        '"' + '\\"' * 10_000,
        "x" * (limits.FRAME_MAX_BYTES + 1),
        '{"sequence": 0, "dashboardId": 5, "type": "submit"}',
    ],
)
def test_law7_a_frame_that_names_no_submission_is_refused_without_one(data: str | bytes) -> None:
    assert "sequence" not in refusal(data).about


def test_an_id_inside_the_content_is_not_taken_for_the_submission() -> None:
    inner = '{"sequence": 99, "dashboardId": "x", "broken": NaN, "more": [{"sequence": 98}]}'
    assert refusal(submit_text(inner)).about == ABOUT
    text = r'"a \" } ] , \"sequence\": 97 , \\" nonsense'
    assert refusal(submit_text(text)).about == ABOUT


def test_an_outline_looks_at_a_bounded_number_of_pieces() -> None:
    assert outline("[" * (OUTLINE_MAX_PIECES + 5_000)).depth == OUTLINE_MAX_PIECES


@given(st.text(alphabet='{}[]":,\\ adhboIsequnc17é\ud800\n', max_size=80))
def test_law7_any_text_is_a_message_or_a_named_refusal(text: str) -> None:
    try:
        decode_client_frame(text)
    except FrameError as error:
        encode(error.to_json())


@given(st.binary(max_size=80))
def test_law7_any_bytes_are_a_message_or_a_named_refusal(data: bytes) -> None:
    try:
        decode_client_frame(data)
    except FrameError as error:
        encode(error.to_json())


texts = st.text("ab_é\0\ud800\U0001f600", max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["hello", "join", "leave", "submit", "ping"]) | json_values,
            "dashboardId": st.just(DASHBOARD) | json_values,
            "replicaId": st.just(WIDGET) | json_values,
            "sequence": json_values,
            "baseVersion": st.integers(0, 9) | json_values,
            "operations": st.lists(
                st.fixed_dictionaries(
                    {"type": st.sampled_from(["insert", "update", "move", "addWidget"])},
                    optional={"path": json_values, "value": json_values, "position": json_values},
                )
            )
            | json_values,
            "token": json_values,
            "protocol": json_values,
        },
    )
)
def test_law7_any_object_is_a_message_or_a_named_refusal(frame: dict[str, Any]) -> None:
    text = json.dumps(frame)
    try:
        message = decode_client_frame(text)
    except FrameError as error:
        encode(error.to_json())
        sequence = frame.get("sequence")
        if frame.get("dashboardId") == DASHBOARD and type(sequence) is int:
            assert (error.about.get("sequence") == sequence) == (1 <= sequence <= 2**53 - 1)
    else:
        assert decode_client_frame(encode(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        Hello(protocol=[1], token="t", client="test/1"),
        Join(dashboard_id=DASHBOARD, replica_id=WIDGET),
        Join(dashboard_id=DASHBOARD, replica_id=WIDGET, version=0, wants_tail=True),
        Leave(dashboard_id=DASHBOARD),
        Submit(
            dashboard_id=DASHBOARD,
            sequence=1,
            base_version=0,
            operations=[{"type": "update", "path": ["description"], "value": None}],
        ),
        Ping(),
        Ping(nonce="n"),
    ],
)
def test_a_message_of_a_client_survives_the_wire(
    message: Hello | Join | Leave | Submit | Ping,
) -> None:
    assert decode_client_frame(encode(message)) == message
    assert decode_client_frame(encode(message).decode()) == message
    assert b"null" not in encode(message).replace(b'"value":null', b"")


def test_a_server_frame_that_does_not_fit_is_refused() -> None:
    for data in (
        "",
        "{}",
        '{"type": "committed"}',
        orjson.dumps({"type": "pong", "serverTime": -1}),
    ):
        with pytest.raises(FrameError):
            decode_server_frame(data)


def test_an_id_that_a_database_driver_has_made_is_sent_as_any_other() -> None:
    """asyncpg's are a class of their own, and are what a host product joins with."""
    given = driver.UUID("2f1c7f0e-58d4-4c5c-9b3f-8a1c5f0e7d21")
    assert type(given) is not UUID
    join = Join(dashboard_id=given, replica_id=given, wants_tail=False)
    assert encode(join) == encode(
        Join(dashboard_id=UUID(str(given)), replica_id=UUID(str(given)), wants_tail=False)
    )
