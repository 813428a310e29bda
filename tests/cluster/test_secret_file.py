"""Generated secrets: made once, kept, and readable by their owner only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster.secret_file import keep_secret


def test_a_generated_secret_is_kept_and_private(tmp_path: Path) -> None:
    secret = keep_secret(tmp_path, "admin_key")
    assert len(secret) >= 32
    assert keep_secret(tmp_path, "admin_key") == secret
    assert keep_secret(tmp_path, "link_secret") != secret
    assert stat.S_IMODE((tmp_path / "admin_key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["admin_key", "link_secret"]


def test_a_given_secret_is_used_and_not_written(tmp_path: Path) -> None:
    assert keep_secret(tmp_path, "admin_key", "given-by-the-operator") == "given-by-the-operator"
    assert not list(tmp_path.iterdir())


def test_two_who_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: keep_secret(tmp_path, "admin_key"), range(8)))
    assert len(secrets) == 1
