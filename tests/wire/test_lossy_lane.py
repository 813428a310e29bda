"""Law 9 for what may be lost: whoever is slow skips values, and ends with the latest."""

from random import Random
from typing import Any

import pytest

from weft.wire.lossy_lane import LossyLane


class Readers:
    """Some have room, and all keep what they were sent last by key."""

    def __init__(self, *names: str) -> None:
        self.with_room = set(names)
        self.lane: LossyLane[str] = LossyLane(self.with_room.__contains__)
        self.held: dict[str, dict[str, Any]] = {name: {} for name in names}
        self.frames = dict.fromkeys(names, 0)

    def publish(self, **values: Any) -> None:
        for name in self.lane.offer(self.held, lambda: values):
            self._send(name, values)

    def catch_up(self) -> None:
        for name, values in self.lane.ready():
            self._send(name, values)

    def _send(self, name: str, values: Any) -> None:
        assert name in self.with_room
        self.held[name].update(values)
        self.frames[name] += 1


def test_law9_who_has_no_room_skips_values_and_ends_with_the_latest() -> None:
    readers = Readers("ann", "bob")
    readers.with_room.remove("bob")
    for number in range(100):
        readers.publish(a=number)
    readers.publish(b="other")
    readers.catch_up()
    assert (readers.held["ann"], readers.held["bob"]) == ({"a": 99, "b": "other"}, {})
    readers.with_room.add("bob")
    readers.catch_up()
    assert readers.held["bob"] == {"a": 99, "b": "other"}
    assert readers.frames["bob"] == 1
    assert not readers.lane


def test_law9_what_was_skipped_comes_before_what_follows() -> None:
    readers = Readers("ann")
    readers.with_room.clear()
    readers.publish(a=1, b=1)
    readers.with_room.add("ann")
    readers.publish(a=2)  # not before what it has skipped
    assert readers.held["ann"] == {}
    readers.catch_up()
    assert readers.held["ann"] == {"a": 2, "b": 1}


def test_who_begins_anew_is_not_given_what_it_skipped_before() -> None:
    readers = Readers("ann")
    readers.with_room.clear()
    readers.publish(a=1)
    assert readers.lane.readers() == ["ann"]
    readers.lane.forget("ann")
    readers.with_room.add("ann")
    readers.catch_up()
    assert readers.frames["ann"] == 0


@pytest.mark.parametrize("seed", range(20))
def test_law9_whatever_happens_everyone_ends_with_the_latest(seed: int) -> None:
    chance = Random(seed)
    readers = Readers("ann", "bob", "cec")
    latest: dict[str, int] = {}
    for number in range(200):
        name = chance.choice(["ann", "bob", "cec"])
        (readers.with_room.discard if chance.random() < 0.6 else readers.with_room.add)(name)
        values = {chance.choice("abcd"): number}
        latest |= values
        readers.publish(**values)
        if chance.random() < 0.5:
            readers.catch_up()
    readers.with_room.update(readers.held)
    readers.catch_up()
    assert all(held == latest for held in readers.held.values())
