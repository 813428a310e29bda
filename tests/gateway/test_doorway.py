"""Law 9 at the door: how many may come in, from where, and who makes room."""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from gateway.doorway import Bounds, Doorway

HERE, THERE = ip_address("203.0.113.7"), ip_address("2001:db8::1")


def test_a_full_gateway_lets_nobody_in_until_somebody_leaves() -> None:
    door = Doorway[str](Bounds(connections=2))
    assert [door.enters(guest) for guest in "abc"] == [True, True, False]
    door.leaves("c")
    door.leaves("a")
    assert door.enters("d")


def test_one_address_has_its_share_and_takes_nobody_elses() -> None:
    door = Doorway[str](Bounds(per_address=2))
    for guest in "abcde":
        door.enters(guest)
    assert [door.comes_from(guest, HERE) for guest in "abc"] == [True, True, False]
    assert door.comes_from("d", THERE)
    assert door.comes_from("e", None)
    assert door.comes_from("a", HERE), "said again"
    door.leaves("a")
    assert door.comes_from("c", HERE)


def test_who_has_been_silent_longest_makes_room() -> None:
    door = Doorway[str](Bounds(unknown=2))
    for guest in "abc":
        door.enters(guest)
        door.is_known("a")
    assert door.makes_room() is None
    door.enters("d")
    assert door.makes_room() == "b"
    assert door.makes_room() is None
    assert len(door) == 3


calls = st.tuples(
    st.sampled_from(["enters", "comes_from", "is_known", "leaves", "makes_room"]),
    st.integers(0, 9),
    st.sampled_from([HERE, THERE, None]),
)


@given(st.lists(calls, max_size=60))
def test_law9_whoever_comes_and_goes_the_bounds_hold_and_nothing_is_left(history: list) -> None:
    door = Doorway[int](Bounds(connections=6, per_address=3, unknown=4))
    for call, guest, address in history:
        match call:
            case "enters" if guest not in door._guests:
                door.enters(guest)
                door.makes_room()
            case "comes_from":
                door.comes_from(guest, address)
            case "makes_room":
                door.makes_room()
            case "is_known" | "leaves":
                getattr(door, call)(guest)
        assert len(door) <= 6
        assert len(door._unknown) <= 4
        assert all(0 < count <= 3 for count in door._of_address.values())
    for guest in range(10):
        door.leaves(guest)
    assert not door._guests
    assert not door._unknown
    assert not door._of_address
