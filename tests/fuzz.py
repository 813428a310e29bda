"""The laws of the algebra on random stories, until stopped or one is broken.

    python -m tests.fuzz [--seconds N] [--seed S]

A broken law prints its seed and a story made small, and exits 1; `--seed` begins there again.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import count
from secrets import randbelow

from tests.ot.laws import LAWS, check_seed, small_chunks
from tests.ot.replicas import converge

REPORT_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="stop after so long (default: never)")
    parser.add_argument("--seed", type=int, help="begin with this seed (default: a random one)")
    options = parser.parse_args(arguments)
    first = randbelow(2**31) if options.seed is None else options.seed
    try:
        return fuzz(first, options.seconds)
    except KeyboardInterrupt:
        return 0


def fuzz(first: int, seconds: float | None) -> int:
    print(f"{len(LAWS)} laws and convergence, from seed {first}", flush=True)
    started = reported = time.monotonic()
    examples = 0
    for seed in count(first):
        for broken in broken_laws(seed):
            print(broken, flush=True)
            return 1
        examples += len(LAWS) + 1
        now = time.monotonic()
        done = seconds is not None and now - started >= seconds
        if done or now - reported >= REPORT_SECONDS:
            rate = examples / (now - started)
            print(f"seed {seed}: {examples} examples, {rate:.0f}/s", flush=True)
            reported = now
        if done:
            break
    return 0


def broken_laws(seed: int) -> Iterator[str]:
    """What the story of `seed` breaks, told."""
    for check in LAWS.values():
        try:
            check_seed(check, seed)
        except AssertionError as broken:
            yield f"{broken}\nbecause: {broken.__cause__!r}"
    try:
        with small_chunks(seed % 2 == 0):
            converge(seed, steps=20)
    except Exception as broken:  # noqa: BLE001  (whatever it is, it is the finding)
        yield f"seed {seed} does not converge: {broken!r}"


if __name__ == "__main__":
    sys.exit(main())
