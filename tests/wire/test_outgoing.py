"""Law 9 on a link: what may be lost goes last, and little of it at a time."""

import tracemalloc

from weft.limits import LINK_LOSSY_MAX_PER_MESSAGE, LINK_MESSAGE_MAX_BYTES
from weft.wire.outgoing import Outgoing

MANY = 2 * LINK_LOSSY_MAX_PER_MESSAGE


def test_law9_operations_overtake_what_may_be_lost() -> None:
    outgoing: Outgoing[str] = Outgoing()
    for number in range(MANY):
        outgoing.add(f"value {number}", 10, lossy=True)
    outgoing.add("edit 0", 10, lossy=False)
    outgoing.add("edit 1", 10, lossy=False)
    first = outgoing.next_message()
    assert first[:3] == ["edit 0", "edit 1", "value 0"]
    assert len(first) == 2 + LINK_LOSSY_MAX_PER_MESSAGE
    outgoing.add("edit 2", 10, lossy=False)
    second = outgoing.next_message()
    assert (second[0], second[-1]) == ("edit 2", f"value {MANY - 1}")
    assert not outgoing
    assert outgoing.waiting_bytes == 0


def test_a_message_holds_what_fits_and_one_line_that_fits_into_none() -> None:
    outgoing: Outgoing[str] = Outgoing()
    for name, size in (
        ("a", LINK_MESSAGE_MAX_BYTES - 10),
        ("b", 20),
        ("c", 2 * LINK_MESSAGE_MAX_BYTES),
    ):
        outgoing.add(name, size, lossy=False)
    outgoing.add("d", 1, lossy=True)
    assert [outgoing.next_message() for _ in range(3)] == [["a"], ["b"], ["c"]]
    assert outgoing.next_message() == ["d"]
    assert outgoing.next_message() == []


def test_a_message_costs_what_it_holds_however_much_waits_behind_it() -> None:
    outgoing: Outgoing[str] = Outgoing()
    for _ in range(50_000):
        outgoing.add("a", LINK_MESSAGE_MAX_BYTES // 10, lossy=False)
    tracemalloc.start()
    try:
        assert len(outgoing.next_message()) == 10
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 10_000
