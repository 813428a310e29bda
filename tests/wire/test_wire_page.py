"""Part 4 of docs/spec.md and the models say the same, of every message and every field."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.wire import message_tables
from tests.wire.message_tables import Fields, section
from tests.wire.wire_page import PAGE, Described, Page
from weft.wire.codec import decode_client_frame, decode_server_frame
from weft.wire.messages import CLIENT_MESSAGES, SERVER_MESSAGES

PART = Page(PAGE.read_text())
KINDS = {
    "Client message": (PART.client, message_tables.client_tables()),
    "Server message": (PART.server, message_tables.server_tables()),
    "Shape": (PART.shapes, message_tables.shape_tables()),
}
EXAMPLES = [
    (adapter, example)
    for adapter, home in ((CLIENT_MESSAGES, PART.client), (SERVER_MESSAGES, PART.server))
    for described in home.values()
    for example in described.examples
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_is_described_with_its_fields_and_their_types(kind: str) -> None:
    written, derived = KINDS[kind]
    for name, fields in derived.items():
        assert name in written, f"docs/spec.md, part 4, wants:\n\n{section(kind, name, fields)}\n"
        assert written[name].fields == fields, (
            f"docs/spec.md, part 4, says otherwise than:\n\n{section(kind, name, fields)}\n"
        )
    assert not written.keys() - derived.keys(), "described, and unknown to the code"


@pytest.mark.parametrize("home", [PART.client, PART.server], ids=["client", "server"])
def test_every_message_has_an_example(home: dict[str, Described]) -> None:
    assert not [name for name, described in home.items() if not described.examples]


@pytest.mark.parametrize(("adapter", "example"), EXAMPLES, ids=lambda each: str(each)[:40])
def test_every_example_is_let_in_by_the_models(
    adapter: TypeAdapter[Any], example: dict[str, Any]
) -> None:
    frame = json.dumps(example)
    if adapter is CLIENT_MESSAGES:
        decode_client_frame(frame)
    else:
        decode_server_frame(frame)


@pytest.mark.parametrize(("adapter", "example"), EXAMPLES, ids=lambda each: str(each)[:40])
def test_every_example_is_as_described(adapter: TypeAdapter[Any], example: dict[str, Any]) -> None:
    faults = PART.client_faults if adapter is CLIENT_MESSAGES else PART.server_faults
    assert not faults(example)


@pytest.mark.parametrize(("adapter", "example"), EXAMPLES, ids=lambda each: str(each)[:40])
def test_an_example_that_lacks_what_must_be_there_is_let_in_by_neither(
    adapter: TypeAdapter[Any], example: dict[str, Any]
) -> None:
    """So the page is as strict as the models."""
    home = PART.client if adapter is CLIENT_MESSAGES else PART.server
    faults = PART.client_faults if adapter is CLIENT_MESSAGES else PART.server_faults
    for name, field in home[example["type"]].fields.items():
        if name in example and not field.is_optional:
            broken = {key: value for key, value in example.items() if key != name}
            assert faults(broken), name
            with pytest.raises(ValidationError):
                adapter.validate_python(broken, by_alias=True, by_name=False)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer ≥ 1", 1, 0),
        ("integer", 3, 3.5),
        ("integer", 3, True),
        ("integer", 2**53 - 1, 2**53),
        ("number 0..1", 0.5, 1.5),
        ("string of 1..3 characters", "abc", ""),
        ("string of at most 3 characters or integer", 5, "abcd"),
        ("list of integer (1..2)", [1, 2], []),
        ("list of integer (1..2)", [1, 2], [1, "2"]),
        ("object of number", {"a": 1}, {"a": "1"}),
        ("one of never, later", "later", "soon"),
        ("UUID", "2f1c7f0e-58d4-4c5c-9b3f-8a1c5f0e7d21", "2F1C7F0E-58D4-4C5C-9B3F-8A1C5F0E7D21"),
        ("About", {"sequence": 1}, {"sequence": 0}),
        ("boolean", True, 1),
    ],
)
def test_types_are_read_as_they_are_written(kind: str, good: object, bad: object) -> None:
    assert not PART._faults(kind, good, "field")
    assert PART._faults(kind, bad, "field")


def test_a_section_can_be_pasted() -> None:
    """What a failing test prints is what the page wants."""
    for kind, (_, derived) in KINDS.items():
        for name, fields in derived.items():
            pasted = Page(f"\n## 4. Every message\n\n{section(kind, name, fields)}\n")
            read: Fields = dict((pasted.client | pasted.server | pasted.shapes)[name].fields)
            assert read == fields
