"""Secrets that nobody gave are made once and kept beside the data, readable by their owner only."""

import os
import secrets
import tempfile
from pathlib import Path

SECRET_BYTES = 32


def keep_secret(data_dir: Path, name: str, given: str | None = None) -> str:
    """The secret called `name`: as given, else as kept in data_dir, else a new one, kept there."""
    path = data_dir / name
    if given is None and not path.exists():
        _write_once(path, secrets.token_urlsafe(SECRET_BYTES))
    return given if given is not None else path.read_text()


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and only if there is none: two who start at once agree on one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as draft:  # 0600
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return
