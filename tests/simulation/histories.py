"""Seeds as histories: what each runs with, and limits so small that every path is taken."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from tests.simulation.simulated_world import Mutations, World
from weft.plugins.interface import Review

SMALL_LIMITS = {
    "actors.history.HISTORY_MAX_VERSIONS": 4,
    "actors.joining.TAIL_MAX_VERSIONS": 3,
    "actors.snapshots.TAIL_MAX_VERSIONS": 3,
    "actors.snapshots.SNAPSHOT_REUSE_VERSIONS": 2,
    "actors.snapshots.SNAPSHOT_PART_MAX_CHARACTERS": 900,
    "actors.snapshots.SNAPSHOTS_MAX_HELD": 2,
    "actors.opening_loop.HISTORY_REOPEN_VERSIONS": 1,
    "actors.upkeep.CHECKPOINT_EVERY_VERSIONS": 9,
}


@contextmanager
def small_limits() -> Iterator[None]:
    with ExitStack() as stack:
        for name, value in SMALL_LIMITS.items():
            stack.enter_context(patch(name, value))
        yield


def run_seed(
    seed: int,
    steps: int = 300,
    mutations: Mutations | None = None,
    review: Review | None = None,
) -> World:
    """One history. Raises LawBrokenError."""
    with small_limits():
        world = World(seed, people=2 + seed % 3, mutations=mutations or Mutations(), review=review)
        world.run(steps)
    return world
