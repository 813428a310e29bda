"""Chromium for the tests: that of the machine, which `make browser` installs where it may.

python -m tests.browser.chromium
"""

import os
import shutil
import subprocess
import sys
from typing import Final

import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHOUT: Final = (
    "Chromium is needed for the browser tests: `make browser` installs it as root on Debian and"
    " Ubuntu; elsewhere install it, or name one with WEFT_CHROMIUM."
)
FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",  # two people's pages are both in front
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-features=LocalNetworkAccessChecks",  # a page that a test has made is nowhere
]
_INSTALL: Final = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]


def find_chromium() -> str | None:
    named = os.environ.get("WEFT_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def needed_chromium() -> str:
    """Skips the test when there is none; fails in CI."""
    found = find_chromium()
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(WITHOUT)
    pytest.skip(WITHOUT)


def install() -> str:
    """What there is to say: nothing when it is there, or is now."""
    if find_chromium() is not None:
        return ""
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], _INSTALL):
            subprocess.run(command, env=environment, capture_output=True, check=False)
    return "" if find_chromium() is not None else WITHOUT


if __name__ == "__main__":
    said = install()
    if said:
        print(said, file=sys.stderr)
