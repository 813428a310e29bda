"""The wheel is whole: who has it has the live app, and needs neither Node nor this checkout."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.http_app import built_files

ROOT = Path(__file__).parents[2]
PACKAGES = ("actors", "cluster", "gateway", "storage", "weft")
START_SECONDS = 60
# What a gateway serves over HTTP, on a port that it says; the page and its files ask no store.
SERVER = """
import socket
from unittest.mock import MagicMock

import gateway
import uvicorn
from gateway.http_api import create_app

around = MagicMock(
    gateway_id="gateway-0", ws_url="ws://127.0.0.1:1", public_ws_url=None,
    allowed_origins=(), demo_users=(),
)
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], gateway.__path__[0], flush=True)
uvicorn.Server(uvicorn.Config(create_app(around), log_level="error")).run([listening])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert built_files(), "run: make app"
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [path] = folder.glob("weft-*.whl")
    return path


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with this wheel; what the wheel needs is lent to it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    install = [Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--offline"]
    subprocess.run([*install, "--no-deps", "--python", python, wheel], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return python


def without_node(folder: Path) -> dict[str, str]:
    return {"PATH": str(folder), "HOME": os.environ.get("HOME", "/")}


@pytest.fixture(scope="module")
def url(elsewhere: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = subprocess.Popen(
        [elsewhere, "-c", SERVER],
        cwd=tmp_path_factory.mktemp("nowhere"),
        env=without_node(elsewhere.parent),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port, home = process.stdout.readline().split()
        assert Path(home).is_relative_to(elsewhere.parents[1]), "it is this checkout that serves"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)
        process.stdout.close()


def test_the_wheel_holds_all_that_is_ours_and_nothing_else(wheel: Path) -> None:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    ours = {path for path in found if path.is_file() and "__pycache__" not in path.parts}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {str(path.relative_to(ROOT)) for path in ours}
    assert {f"gateway/app/{name}" for name in built_files()} < held


def test_the_command_is_there(elsewhere: Path) -> None:
    command = [elsewhere.with_name("weft"), "--help"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=without_node(elsewhere.parent)
    )
    assert "Live dashboards" in done.stdout


def test_law7_the_app_is_served_from_it_under_its_policy(url: str) -> None:
    with httpx.Client(base_url=url, timeout=START_SECONDS) as browser:
        page = browser.get("/")
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        addresses = re.findall(r'(?:src|href)="(/app/[^"]+)"', page.text)
        assert {address.rpartition(".")[2] for address in addresses} == {"js", "css", "svg"}
        for address in addresses:
            answer = browser.get(address)
            assert answer.is_success, address
            assert "immutable" in answer.headers["cache-control"]
            assert answer.content, address
        assert "connect" in browser.get("/weft.js").raise_for_status().text
