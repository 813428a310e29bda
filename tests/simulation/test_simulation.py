"""Histories of chance hold every law; histories of broken hearts do not, and are found out.

`python -m tests.simulation` runs on for as long as you like; a seed that fails joins NAMED here. A
seed's history changes when the world does, so what it found also stands as a conversation in
tests/client or tests/owner.
"""

from collections import Counter

import pytest

from tests.simulation.histories import run_seed
from tests.simulation.laws import LawBrokenError
from tests.simulation.mutants import MUTANTS

SEEDS, STEPS = 150, 200
EXERCISED = {
    "acknowledged", "committed", "discarded target_removed", "discarded target_replaced",
    "ended owner_moved", "ended owner_unavailable",
    "ended storage_unavailable", "goaway going_away", "joined", "joined by snapshot",
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
