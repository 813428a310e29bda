"""Traces: gzipped or plain, in code points, and refused by a clear error when they are not one."""

import gzip
import json

import pytest

from cluster.trace import Edit, read_trace
from weft.errors import WeftError

RECORDED = {
    "startContent": "naïve",
    "endContent": "na🙂ve",
    "txns": [{"time": "", "patches": [[2, 1, ""], [2, 0, "🙂"]]}, {"patches": []}],
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_trace_is_read_gzipped_or_plain(pack: object) -> None:
    trace = read_trace(pack(json.dumps(RECORDED).encode()))  # type: ignore[operator]
    assert trace.start == "naïve"
    assert trace.end == "na🙂ve"
    assert trace.edits == (Edit(2, 1, ""), Edit(2, 0, "🙂"))


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        gzip.compress(b"{}", mtime=0)[:-6],
        b"[]",
        b"{}",
        b'{"endContent": "", "txns": [{"patches": [[1]]}]}',
        b'{"endContent": "", "txns": [{"patches": [[0, -1, "a"]]}]}',
        b'{"kind": "concurrent", "endContent": "", "txns": []}',
    ],
)
def test_what_is_no_sequential_trace_is_misconfigured(content: bytes) -> None:
    with pytest.raises(WeftError) as caught:
        read_trace(content)
    assert caught.value.code == "misconfigured"
