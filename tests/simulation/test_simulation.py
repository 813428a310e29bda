"""Histories of chance hold every law; histories of broken hearts do not, and are found out.

`python -m tests.simulation` runs on for as long as you like; a seed that fails joins NAMED here. A
seed's history changes when the world does, so what it found also stands as a conversation in
tests/client or tests/owner.
"""

from collections import Counter
from dataclasses import replace

import pytest

from tests.simulation.histories import run_seed
from tests.simulation.laws import LawBrokenError
from tests.simulation.mutants import MUTANTS
from tests.simulation.simulated_world import CALM, World

SEEDS, STEPS = 150, 200
EXERCISED = {
    "acknowledged", "arrived", "committed", "discarded target_removed", "discarded target_replaced",
    "ended owner_moved", "ended owner_unavailable",
    "ended storage_unavailable", "goaway going_away", "joined", "joined by snapshot", "moved",
    "rejected not_joined", "rejected quarantined", "rejected rate_limited",
    "rejected rebase_required", "snapshot", "superseded superseded", "tail",
}  # fmt: skip
NAMED = {
    66: "a page that was loaded again is taken over by the dying one before it",
    2153: "an older copy of a submission gets through after it was refused for now",
    4610: "a value of one's own is replaced by a later edit of the same submission",
}


def test_laws_1_to_5_and_7_hold_whatever_happens_in_whatever_order() -> None:
    counts = Counter[str]()
    for seed in range(SEEDS):
        counts += run_seed(seed, STEPS).counts
    assert counts.keys() >= EXERCISED, "histories so tame prove little"


def test_law7_a_dashboard_that_only_moves_ends_and_refuses_nothing() -> None:
    """Whoever has come to rest on it is told of none of its owners' doings, and loses nothing."""
    counts = Counter[str]()
    for seed in range(12):
        world = World(seed, troubles=CALM)
        world.come_to_rest()
        world.counts.clear()
        world.troubles = replace(CALM, move=15)  # no faster than it can be followed
        world.run(STEPS)
        counts += world.counts
    assert counts["arrived"] == counts["moved"] > 20
    assert counts["committed"] > 100
    heard = {name.partition(" ")[0] for name in counts}
    assert not heard & {"ended", "rejected", "joined", "goaway", "snapshot", "acknowledged"}, counts


@pytest.mark.parametrize("seed", NAMED, ids=lambda seed: f"{seed}: {NAMED[seed]}")
def test_a_history_that_once_broke_a_law_holds_it(seed: int) -> None:
    run_seed(seed)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulator_finds_out_that(name: str) -> None:
    mutant = MUTANTS[name]
    with mutant.at_work():
        for seed in range(60):
            try:
                run_seed(seed, mutations=mutant.mutations)
            except LawBrokenError as broken:
                assert broken.law in mutant.laws, broken
                return
    pytest.fail(f"60 histories in which {name}, and nobody has noticed")


def test_the_same_seed_is_the_same_history() -> None:
    assert run_seed(7).timeline == run_seed(7).timeline
