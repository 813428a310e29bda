"""`weft replay` on a machine where nothing runs: a system of its own, gone when it is done."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.cluster.world import START_SECONDS, WEFT, a_trace, write_trace

pytestmark = pytest.mark.cluster


def test_law4_replay_needs_no_running_system_and_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trace = write_trace(a_trace(200, seed=2), tmp_path / "trace.json")
    with tempfile.TemporaryDirectory(prefix="weft-") as name:
        Path(name).chmod(0o755)  # PostgreSQL goes through it as another user
        done = subprocess.run(
            [*WEFT, "replay", str(trace), "--clients", "2"],
            capture_output=True,
            text=True,
            timeout=2 * START_SECONDS,
            check=False,
            env={**os.environ, "TMPDIR": name},  # others on this machine have theirs
        )
        left = list(Path(name).glob("weft-replay-*"))
    assert done.returncode == 0, done.stderr
    told = dict(line.split() for line in done.stdout.splitlines())
    assert (told["converged"], told["matches_end_content"]) == ("True", "True")
    assert told["edits"] == "200"
    assert left == []
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"]
