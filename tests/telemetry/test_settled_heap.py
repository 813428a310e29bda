"""A full collection does not walk through what a process had loaded when it began to serve."""

import subprocess
import sys

PROGRAM = """
import gc
from weft.settled_heap import settle_heap

loaded = [[number] for number in range(200_000)]
settle_heap()
assert len(gc.get_objects()) < 20_000, len(gc.get_objects())
loop = []
loop.append(loop)
del loop
assert gc.collect() > 0, "what comes later is collected as ever"
"""


def test_what_was_loaded_is_not_looked_through_again() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)
