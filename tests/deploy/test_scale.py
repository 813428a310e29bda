"""The simulation of docs/scale.md, small: what it rests on holds, and each figure can be bad."""

import random

from benchmarks.scale import Costs, Size, even_out, place, reopen
from weft.limits import LINK_NOTICED_SECONDS, OWNER_RETRY_MAX_SECONDS

SMALL = Size(nodes=20, dashboards=20_000, sample=2_000, postgres_cores=4, looks=500)


def test_dashboards_are_spread_evenly_and_only_those_concerned_move() -> None:
    placed = place(SMALL, random.Random(1))
    assert placed.excess < 2.0
    assert placed.astray == 0
    assert 0.5 / 21 < placed.joined_share < 2 / 21
    assert 0.5 / 20 < placed.lost_share < 2 / 20
    assert placed.heirs == 19  # everybody who is left takes some of it


def test_the_balance_settles_and_leaves_nobody_far_above_the_mean() -> None:
    evened = even_out(SMALL, random.Random(1))
    assert evened.moves > 0
    assert evened.load_after < min(evened.load_before, 1.4)
    assert evened.seconds < SMALL.looks * 5  # it ended by itself


def test_after_a_node_is_lost_it_is_the_noticing_that_takes_time() -> None:
    found = reopen(SMALL, 1_000, 19, Costs(), random.Random(1))
    noticed = LINK_NOTICED_SECONDS + OWNER_RETRY_MAX_SECONDS
    assert found.last_seconds < noticed + 0.5


def test_postgres_bounds_how_fast_everything_opens_again() -> None:
    slow = Costs(open_postgres_ms=10.0)
    found = reopen(SMALL, 19_000, 1, slow, random.Random(1))
    at_best = found.dashboards * slow.open_postgres_ms / 1000 / SMALL.postgres_cores
    assert found.last_seconds >= at_best
    one_owner = found.dashboards * slow.open_owner_ms / 1000
    assert found.last_seconds <= at_best + one_owner + 7


def test_a_seed_is_a_run() -> None:
    assert even_out(SMALL, random.Random(5)) == even_out(SMALL, random.Random(5))
