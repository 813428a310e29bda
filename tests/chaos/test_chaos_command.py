"""`weft chaos` as a user runs it: a cluster of its own, beaten, judged, and gone."""

import asyncio
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from cluster.chaos.battlefield_service import Aftermath
from cluster.chaos.faults_service import FAULTS
from cluster.chaos.history import Blow
from cluster.chaos.run_service import DASHBOARDS, Outcome
from cluster.chaos.violation import Violation
from cluster.chaos_command import _end_in_order, chosen, told
from tests.cluster.world import PATIENCE_SECONDS, START_SECONDS, WEFT
from weft.errors import WeftError

SECONDS = 9.0
SEED = 11212  # a plan with each of them, and the control plane away while Redis is
BLOWS = "owner-kill,owner-restart,control-plane-pause,postgres-crash,redis-restart"


def test_faults_are_chosen_by_name() -> None:
    assert chosen(None, 2) == list(FAULTS)
    assert chosen("owner-kill, link-cut", 1) == ["owner-kill", "link-cut"]
    for names, nodes, named in (
        ("owner-kill,flood", 2, "flood"),
        (" ,", 2, "none is named"),
        ("owner-kill,node-kill", 1, "node-kill"),
    ):
        with pytest.raises(WeftError) as caught:
            chosen(names, nodes)
        assert caught.value.code == "misconfigured"
        assert named in caught.value.message


def test_a_ray_of_one_node_loses_none() -> None:
    assert set(FAULTS) - set(chosen(None, 1)) == {"node-kill", "head-kill"}


def test_the_report_counts_runs_faults_and_violations() -> None:
    blow = Blow("owner-kill", 1.0, 1.0)
    clean = Outcome(7, 100, 80, [blow], [("owner-kill", 2.0)], [])
    broken = Outcome(8, 10, 9, [blow, blow], [], [Violation(1, "gap", 2.0)], ["law 1: gap"])
    report = told([clean, broken], Aftermath(checkpoints=3))
    counts = {name: report[name] for name in ("runs", "clean_runs", "faults", "violations")}
    assert counts == {"runs": 2, "clean_runs": 1, "faults": 3, "violations": 1}
    assert report["operations_acknowledged"] == 110
    assert report["first_violation"] == ["law 1: gap"]
    assert report["recovery"]["owner-kill"]["max_seconds"] == 2.0
    assert report["checkpoints"] == 3
    json.dumps(report)


def test_what_shows_when_all_have_stopped_is_a_violation_too() -> None:
    clean = Outcome(7, 100, 80, [], [], [])
    report = told([clean], Aftermath(violations=[Violation(4, "rows differ", 0)]))
    assert (report["violations"], report["first_violation"]) == (1, ["law 4: rows differ"])


def test_sigterm_ends_it_as_ctrl_c_does_also_while_a_run_is_under_way() -> None:
    async def run() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(PATIENCE_SECONDS)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _end_in_order()
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(run())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.cluster
def test_law1_to_8_hold_while_a_cluster_is_beaten_and_nothing_of_it_is_left() -> None:
    words = ["chaos", "--nodes", "1", "--seconds", str(SECONDS), "--seed", str(SEED), "--json"]
    with tempfile.TemporaryDirectory(prefix="weft-") as name:
        Path(name).chmod(0o755)  # PostgreSQL goes through it as another user
        done = subprocess.run(
            [*WEFT, *words, "--faults", BLOWS],
            capture_output=True,
            text=True,
            timeout=2 * START_SECONDS,
            check=False,
            env={**os.environ, "TMPDIR": name},
        )
        left = list(Path(name).glob("weft-chaos-*"))
    report = json.loads(done.stdout)
    assert (done.returncode, report["violations"]) == (0, 0), done.stderr
    assert report["runs"] == 1
    assert {blow["fault"] for blow in report["timeline"][0]["blows"]} == set(BLOWS.split(","))
    assert report["operations_acknowledged"] > 100
    assert report["checkpoints"] >= DASHBOARDS, "rows were compared"
    assert left == []
