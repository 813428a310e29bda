"""One system per data directory, and it can be found for exactly as long as it runs."""

import os
import stat
from pathlib import Path

import pytest

from cluster.data_dir_file import RUNNING_NAME, Running, announce, find_running, hold
from weft.errors import WeftError

RUNNING = Running(1, "ws://127.0.0.1:1", "http://127.0.0.1:2", "key", "postgresql://", "redis://")


def test_a_second_user_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with (
        hold(tmp_path / "new" / "data"),
        pytest.raises(WeftError, match=f"process {os.getpid()}"),
        hold(tmp_path / "new" / "data"),
    ):
        pass
    with hold(tmp_path / "new" / "data"):
        pass


def test_a_running_system_is_found_only_while_it_runs(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    with hold(tmp_path):
        assert find_running(tmp_path) is None
        with announce(tmp_path, RUNNING):
            assert find_running(tmp_path) == RUNNING
            assert stat.S_IMODE((tmp_path / RUNNING_NAME).stat().st_mode) == 0o600
        assert find_running(tmp_path) is None


def test_what_a_killed_system_has_left_is_not_believed(tmp_path: Path) -> None:
    with hold(tmp_path), announce(tmp_path, RUNNING):
        left = (tmp_path / RUNNING_NAME).read_bytes()
    (tmp_path / RUNNING_NAME).write_bytes(left)
    assert find_running(tmp_path) is None
    with hold(tmp_path):
        pass


def test_a_directory_that_cannot_be_made_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeftError, match="cannot be used"), hold(tmp_path / "file"):
        pass
