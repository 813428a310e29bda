"""Law 9: what waits for one reader is bounded, and large frames are let through."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from gateway.backlog import Backlog
from weft import limits

MOST, EACH = limits.OUTGOING_MAX_BYTES, limits.OUTGOING_OVERHEAD_BYTES


def test_law9_small_frames_are_bounded_by_the_limit() -> None:
    backlog = Backlog()
    assert not backlog.is_exceeded(100, MOST)
    assert not backlog.is_exceeded(100, MOST + 100 - EACH)
    assert backlog.is_exceeded(100, MOST + 200 - EACH)


def test_law9_what_is_kept_for_each_small_frame_is_bounded_with_it() -> None:
    """Of 200 bytes a frame, five times as much is kept as its bytes."""
    backlog, waiting = Backlog(), 0
    while not backlog.is_exceeded(200, waiting + 200):
        waiting += 200
    assert MOST / 2 < waiting / 200 * (200 + EACH) <= MOST + 2 * (200 + EACH)


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 20_000)), max_size=200))
def test_law9_who_reads_on_is_held_against_what_waits_and_not_what_has_waited(
    history: list[tuple[int, int]],
) -> None:
    backlog, frames = Backlog(), deque[int]()
    for frame_bytes, may_read_bytes in history:
        frames.append(frame_bytes)
        assert not backlog.is_exceeded(frame_bytes, sum(frames))
        assert len(backlog._frames) <= len(frames)
        while frames and frames[0] <= may_read_bytes:
            may_read_bytes -= frames.popleft()  # noqa: PLW2901
        if frames:
            frames[0] -= may_read_bytes


def test_law9_behind_a_snapshot_as_much_may_wait_as_behind_any_frame() -> None:
    backlog = Backlog()
    snapshot = 8 * MOST
    assert not backlog.is_exceeded(snapshot, snapshot)
    assert not backlog.is_exceeded(100, snapshot + MOST - EACH)
    assert backlog.is_exceeded(100, snapshot + MOST + 1)


def test_law9_when_the_snapshot_is_read_the_limit_is_as_before() -> None:
    backlog = Backlog()
    assert not backlog.is_exceeded(8 * MOST, 8 * MOST)
    assert not backlog.is_exceeded(100, 100)
    assert not backlog.is_exceeded(100, MOST + 100 - EACH)
    assert backlog.is_exceeded(100, MOST + 200 - EACH)


@given(st.lists(st.tuples(st.integers(1, 3 * MOST), st.integers(0, 3 * MOST)), max_size=30))
def test_law9_memory_for_one_reader_is_the_limit_and_one_frame(
    history: list[tuple[int, int]],
) -> None:
    """Frames arrive, a part is read, until it is exceeded: never more than the limit, the
    largest frame, and the frame that exceeds it.
    """
    backlog, waiting, largest = Backlog(), 0, 0
    for frame_bytes, read_bytes in history:
        waiting += frame_bytes
        if backlog.is_exceeded(frame_bytes, waiting):
            break
        largest = max(largest, frame_bytes)
        assert waiting <= MOST + largest
        waiting = max(0, waiting - read_bytes)
