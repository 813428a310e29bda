"""`python -m tests.simulation [--seeds N] [--seed K]`: histories until one breaks a law.

Prints the failing seed and its timeline, and exits 1.
"""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.histories import run_seed
from tests.simulation.laws import LawBrokenError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="only this one, with its timeline")
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    began, counts = time.monotonic(), Counter[str]()
    for seed in seeds:
        try:
            world = run_seed(seed, arguments.steps)
        except LawBrokenError as broken:
            print(*broken.timeline, sep="\n")
            print(broken)
            return 1
        counts += world.counts
        if arguments.seed is not None:
            print(*world.timeline, sep="\n")
    for name, count in sorted(counts.items()):
        print(f"{count:8} {name}")
    spent = time.monotonic() - began
    print(f"{len(seeds)} histories of {arguments.steps} steps hold every law ({spent:.1f} s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
