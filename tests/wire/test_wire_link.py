"""The link's lines come out of a batch as they went in, whatever is in them."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.errors import WeftError
from weft.models import parse_address
from weft.wire.codec import encode
from weft.wire.link import (
    Attach,
    Detach,
    Done,
    Ended,
    Feed,
    Joined,
    LinkHello,
    Live,
    Move,
    Moved,
    Part,
    Publish,
    Regrant,
    Reply,
    Submitted,
    Taken,
    ToGateway,
    ToOwner,
    pack_to_gateway,
    pack_to_owner,
    unpack_to_gateway,
    unpack_to_owner,
)

numbers = st.integers(0, 2**53 - 1)
texts = st.text('a"\\\n\r\u2028é\U0001f600', max_size=6)
operations = st.lists(st.dictionaries(texts, texts | numbers | st.none(), max_size=2), max_size=3)
frames = st.dictionaries(texts, texts, max_size=2).map(encode)
to_owner = st.one_of(
    st.builds(LinkHello, texts, texts),
    st.builds(
        Attach,
        numbers,
        st.uuids(),
        st.uuids(),
        texts,
        st.uuids(),
        st.none() | numbers,
        st.booleans(),
        st.none() | st.ip_addresses().map(parse_address),
        st.booleans(),
    ),
    st.builds(Regrant, numbers, st.uuids(), st.none() | st.uuids()),
    st.builds(
        Submitted,
        numbers,
        numbers,
        numbers,
        operations,
        st.none() | st.just("*"),
        st.none() | numbers,
    ),
    st.builds(Taken, numbers),
    st.builds(Feed, numbers, numbers, st.uuids(), st.dictionaries(texts, texts | numbers)),
    st.builds(Detach, numbers),
    st.builds(Move, numbers, st.uuids(), texts, texts, texts),
)
to_gateway = st.one_of(
    st.builds(Joined, numbers, frames),
    st.builds(Reply, numbers, frames),
    st.builds(Part, numbers, frames),
    st.builds(Ended, numbers, frames),
    st.builds(Moved, numbers, frames),
    st.builds(Done, numbers, frames),
    st.builds(Publish, st.uuids(), frames),
    st.builds(Live, st.uuids(), frames),
)


@given(st.lists(to_owner, min_size=1))
def test_lines_to_an_owner_survive_a_batch(lines: list[ToOwner]) -> None:
    packed = pack_to_owner(lines)
    assert same_kinds(unpack_to_owner(packed), lines)
    assert same_kinds(unpack_to_owner(packed.decode()), lines)
    assert pack_to_owner(lines) == b"\n".join(pack_to_owner([line]) for line in lines)


@given(st.lists(to_gateway, min_size=1))
def test_lines_to_a_gateway_survive_a_batch(lines: list[ToGateway]) -> None:
    packed = pack_to_gateway(lines)
    assert same_kinds(unpack_to_gateway(packed), lines)
    assert same_kinds(unpack_to_gateway(packed.decode()), lines)


def same_kinds(left: list[Any], right: list[Any]) -> bool:
    """Named tuples of different kinds may be equal."""
    return left == right and list(map(type, left)) == list(map(type, right))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'["submit", 1]',
        b'["submit", "1", {}]',
        b'["attach", 1, {}]',
        b'["attach", 1, {"dashboardId": 1}]',
        b'["detach"]',
        b'["move", 1, {"dashboardId": "x", "owner": {}}]',
        b'["explode", 1]',
    ],
)
def test_a_line_to_an_owner_that_does_not_fit_is_refused(line: bytes) -> None:
    with pytest.raises(WeftError, match="link carries a line to an owner"):
        unpack_to_owner(line)


@pytest.mark.parametrize(
    "batch",
    [
        b"",
        b'["joined", 1]',
        b'["joined"]\n{}',
        b'["publish", 1]\n{}',
        b'["publish", "x"]\n{}',
        b'["explode", 1]\n{}',
        b'["joined", 1]\n{}\n["reply", 1]',
    ],
)
def test_a_batch_to_a_gateway_that_does_not_fit_is_refused(batch: bytes) -> None:
    with pytest.raises(WeftError, match="link carries a line"):
        unpack_to_gateway(batch)


def test_who_attaches_need_not_say_from_where() -> None:
    line = Attach(1, UUID(int=1), UUID(int=2), "connection", UUID(int=3), None, False)
    packed = pack_to_owner([line]).replace(b',"address":null', b"")
    assert unpack_to_owner(packed) == [line]
