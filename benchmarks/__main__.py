"""`make bench`: every usual benchmark of this folder, one after the other.

`python -m benchmarks commit cluster` runs only those; some run only when they are asked for.
"""

import importlib
import sys

BENCHMARKS = (
    "algebra",
    "commit",
    "owner",
    "gateway",
    "queries",
    "move",
    "cluster",
    "feeds",
    "browser",
)
ON_DEMAND = (
    "reconnect",
    "failover",
    "offline",
    "presence",
    "slow_readers",
    "dashboards",
    "telemetry",
    "scale",
    "capacity",
)  # minutes each, and the whole machine


def main() -> None:
    wanted = sys.argv[1:] or BENCHMARKS
    for name in wanted:
        if name not in BENCHMARKS + ON_DEMAND:
            known = ", ".join(BENCHMARKS + ON_DEMAND)
            raise SystemExit(f"no benchmark {name!r}: there are {known}")
        print(f"--- {name} ---", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
        print(flush=True)


if __name__ == "__main__":
    main()
