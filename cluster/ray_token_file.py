"""The token of a local Ray of ours. Ray reads its environment when it is imported, so this room
does not import it: who joins says which token before.
"""

import os
from pathlib import Path

TOKEN_NAME = "ray_token"


def show_token(data_dir: Path) -> None:
    """To the Ray that `weft up` has started on this directory. Call it before Ray is imported."""
    token = data_dir / TOKEN_NAME
    if token.exists():
        os.environ.setdefault("RAY_AUTH_TOKEN_PATH", str(token))
        os.environ.setdefault("RAY_AUTH_MODE", "token")
