"""`make bench`: every benchmark of this folder, one after the other.

`python -m benchmarks commit cluster` runs only those.
"""

import importlib
import sys

BENCHMARKS = ("algebra", "commit", "owner", "queries", "cluster", "browser")


def main() -> None:
    wanted = sys.argv[1:] or BENCHMARKS
    for name in wanted:
        if name not in BENCHMARKS:
            raise SystemExit(f"no benchmark {name!r}: there are {', '.join(BENCHMARKS)}")
        print(f"--- {name} ---", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
        print(flush=True)


if __name__ == "__main__":
    main()
