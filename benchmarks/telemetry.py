"""What being watched costs for one submission: counting it, and telling Ray once a second.

Within an actor of a local Ray, as in an owner or gateway; in CPU of the process, with the figures
that a load of so many submissions a second leaves. Set against what a submission costs in all.
"""

import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import ray

from actors.commit_figures import CommitFigures
from cluster.ray_launch import ray_runtime
from cluster.ray_metrics import RayMetrics
from gateway.socket_figures import SocketFigures
from storage.ports import DashboardCommit, LoggedSubmission
from weft.limits import LOOP_LAG_EVERY_SECONDS
from weft.measures import Measures

SUBMISSION_US = 300  # of owner, gateway and PostgreSQL together: docs/performance.md, quiet machine
LOADS = ((100, 1), (1_000, 3), (3_000, 10))  # submissions a second, and in one commit
SECONDS = 20
ID = UUID(int=1)


@ray.remote(num_cpus=0)
class Watched:
    """Counts as owners and gateways do, with nothing else to do."""

    def microseconds(self, per_second: int, in_commit: int) -> dict[str, float]:
        """Of CPU, for one submission."""
        measures, metrics = Measures(), RayMetrics("bench")
        owner, gateway = CommitFigures(measures), SocketFigures(measures)
        edit = {"type": "insert", "path": ["config", "text"], "position": 0, "value": "a"}
        one = LoggedSubmission(4, ID, 7, ID, 3, (edit,), bytes(16), 0)
        commit = DashboardCommit(ID, 3, 1, (one,) * in_commit)
        counting = telling = 0.0
        for _ in range(SECONDS):
            began = time.process_time()
            for _ in range(per_second // in_commit):
                owner.statement(in_commit, 0, 1_000_000)
                owner.committed(commit, 0, 1_000_000)
                for _ in range(in_commit):
                    gateway.received()
                    gateway.forwarded(ID, ID, 7, 0, 1)
            for _ in range(round(1 / LOOP_LAG_EVERY_SECONDS)):
                measures.sample("loop_lag_ms", 0.1)
            counted = time.process_time()
            metrics.tell(measures.take())
            counting += counted - began
            telling += time.process_time() - counted
        submissions = SECONDS * (per_second // in_commit) * in_commit
        return {
            "counting": counting / submissions * 1e6,
            "telling": telling / submissions * 1e6,
        }


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="weft-bench-") as directory,
        ray_runtime(None, Path(directory)),
    ):
        actor: Any = Watched
        watched = actor.remote()
        for per_second, in_commit in LOADS:
            found = ray.get(watched.microseconds.remote(per_second, in_commit))
            total = sum(found.values())
            print(
                f"  {per_second:>5} submissions/s, {in_commit:>2} in a commit: counting "
                f"{found['counting']:.1f} + telling {found['telling']:.1f} µs = "
                f"{total / SUBMISSION_US:.1%} of {SUBMISSION_US} µs"
            )


if __name__ == "__main__":
    main()
