"""The balance settles, evens out what can be evened out, and does not go back and forth."""

import random
from collections.abc import Iterator
from uuid import UUID

import pytest

from cluster.balance import (
    FLOOR_PER_SECOND,
    MOVES_MAX_PER_LOOK,
    REST_SECONDS,
    TOLERANCE,
    Balance,
)

LOOK_EVERY_SECONDS = 5.0


class Cluster:
    """Dashboards at owners; `noise` is how far a told load may be from the true one."""

    def __init__(self, owners: int, dashboards: dict[UUID, float], chance: random.Random) -> None:
        self.true = dashboards
        self.chance = chance
        self.places = {each: f"owner-{chance.randrange(owners)}" for each in dashboards}
        self.owners = [f"owner-{number}" for number in range(owners)]
        self.balance = Balance()
        self.now = 0.0
        self.moves: list[UUID] = []

    def run(self, looks: int, noise: float = 0.0) -> None:
        for _ in range(looks):
            self.now += LOOK_EVERY_SECONDS
            found = self.balance.look(self.loads(noise), self.now)
            taking_part = [owner for each in found for owner in (each.giver, each.taker)]
            assert len(taking_part) == len(set(taking_part))
            for each in found:
                assert self.places[each.dashboard_id] == each.giver
                self.places[each.dashboard_id] = each.taker
                self.moves.append(each.dashboard_id)

    def loads(self, noise: float = 0.0) -> dict[str, dict[UUID, float]]:
        told: dict[str, dict[UUID, float]] = {owner: {} for owner in self.owners}
        for each, owner in self.places.items():
            told[owner][each] = self.true[each] * (1 + self.chance.uniform(-noise, noise))
        return told

    def totals(self) -> list[float]:
        return [sum(each.values()) for each in self.loads().values()]


def clusters() -> Iterator[tuple[int, Cluster]]:
    """Of many sizes; loads as they are: most dashboards rest, a few are hot."""
    for seed in range(12):
        chance = random.Random(seed)
        owners = chance.randint(2, 6)
        count = chance.randint(owners, 20 * owners)
        loads = {UUID(int=number): chance.paretovariate(1.2) for number in range(count)}
        yield seed, Cluster(owners, loads, chance)


def test_it_settles_and_then_nothing_moves() -> None:
    for seed, cluster in clusters():
        cluster.run(300)
        moves = len(cluster.moves)
        cluster.run(60)
        assert len(cluster.moves) == moves, seed
        assert moves <= len(cluster.places), seed


def test_what_can_be_evened_out_is_even() -> None:
    for seed, cluster in clusters():
        cluster.run(300)
        totals = cluster.totals()
        mean = sum(totals) / len(totals)
        hottest = max(cluster.true.values())
        assert max(totals) <= max(FLOOR_PER_SECOND, TOLERANCE * mean, hottest + mean), seed


def test_noise_does_not_make_it_go_back_and_forth() -> None:
    for seed, cluster in clusters():
        cluster.run(300, noise=0.2)
        settled = len(cluster.moves)
        cluster.run(240, noise=0.2)  # twenty minutes
        assert len(cluster.moves) - settled <= 2, seed


def test_a_hot_dashboard_gets_an_owner_of_its_own() -> None:
    hot, calm = UUID(int=0), [UUID(int=number) for number in range(1, 9)]
    loads = {hot: 100.0} | dict.fromkeys(calm, 10.0)
    cluster = Cluster(2, loads, random.Random(0))
    cluster.places = dict.fromkeys(loads, "owner-0")
    cluster.run(40)
    neighbours = [each for each in calm if cluster.places[each] == cluster.places[hot]]
    assert neighbours == []


def test_a_dashboard_that_has_moved_rests() -> None:
    one, other = UUID(int=1), UUID(int=2)
    balance = Balance()
    [first] = balance.look({"a": {one: 50.0, other: 49.0}, "b": {}}, 0.0)
    back = {"a": {}, "b": {one: 50.0, other: 49.0}}
    [second] = balance.look(back, 1.0)
    assert second.dashboard_id != first.dashboard_id
    assert balance.look(back, 2.0) == []
    assert balance.look(back, 3.0 + REST_SECONDS) != []


def test_many_owners_give_at_once_within_a_bound() -> None:
    def owner(number: int, load: float) -> dict[UUID, float]:
        return {UUID(int=100 * number + each): load for each in range(10)}

    busy = {f"busy-{number}": owner(number, 20.0) for number in range(2 * MOVES_MAX_PER_LOOK)}
    calm = {f"calm-{number}": owner(100 + number, 1.0) for number in range(100)}
    found = Balance().look(busy | calm, 0.0)
    assert len(found) == MOVES_MAX_PER_LOOK
    assert {each.giver[:4] for each in found} == {"busy"}
    assert {each.taker[:4] for each in found} == {"calm"}


@pytest.mark.parametrize(
    "loads",
    [
        {},
        {"a": {UUID(int=1): 500.0}},
        {"a": {UUID(int=1): 500.0}, "b": {}},  # it would only carry its load to the other
        {"a": {UUID(int=1): 9.0, UUID(int=2): 9.0}, "b": {}},  # nobody is busy
        {"a": {UUID(int=1): 55.0, UUID(int=2): 55.0}, "b": {UUID(int=3): 90.0}},  # near enough
    ],
)
def test_what_is_well_stays(loads: dict[str, dict[UUID, float]]) -> None:
    assert Balance().look(loads, 0.0) == []
