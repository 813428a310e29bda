"""Nobody's edit waits for Python's garbage collector to walk through what a process has loaded.

A full collection of Python walks through everything that lives. In an owner that is some half a
million objects of the libraries it has imported, 55 to 170 ms in which all of its dashboards stand
still, though none of them is ever garbage.
"""

import gc


def settle_heap() -> None:
    """To be called once, when a process that lives long has begun to serve."""
    gc.collect()
    gc.freeze()
