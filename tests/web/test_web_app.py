"""The live app: strict types, its own tests, and what a page loads."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.http_app import built_files
from tests.web.node_command import WEB, run

APP = WEB / "app"
FIRST_LOAD_MAX_BYTES = 75_000  # gzipped: what the page waits for; the client alone may have 40 kB
FILE_MAX_LINES = 300
LINE_MAX_CHARACTERS = 200  # icons are long; the formatter keeps the rest at 100
COMPILER = WEB / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Built anew from a copy, so that a running gateway keeps its files."""
    copy = tmp_path_factory.mktemp("weft")
    for part in ("app", "client"):
        shutil.copytree(WEB / part, copy / "web" / part, ignore=shutil.ignore_patterns("dist"))
    (copy / "web" / "node_modules").symlink_to(WEB / "node_modules")
    (copy / "gateway").mkdir()
    run("build.ts", cwd=copy / "web" / "app")
    yield copy / "gateway" / "app"


@pytest.mark.parametrize("project", ["tsconfig.json", "test/tsconfig.json"])
def test_types_of_the_app_are_strict(project: str) -> None:
    run(COMPILER, "--project", project, cwd=APP)


def test_the_tests_of_the_app_pass() -> None:
    said = run(
        "--conditions=weft-source", "--test", "--test-isolation=none", "--test-reporter=tap",
        "test/*.test.ts", cwd=APP,
    )  # fmt: skip
    assert int(re.findall(r"^# pass (\d+)$", said, re.MULTILINE)[0]) >= 14
    assert re.findall(r"^# (?:fail|cancelled|skipped|todo) [^0]", said, re.MULTILINE) == []


def test_law7_the_page_has_no_script_or_style_of_its_own(built: Path) -> None:
    page = (built / "index.html").read_text()
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page) == []
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(addresses) >= 3
    for address in addresses:
        assert (built / address.removeprefix("/app/")).is_file(), address


def test_nothing_is_loaded_from_elsewhere(built: Path) -> None:
    for path in built.glob("*.css"):
        assert re.findall(r"@import|url\((?!data:)", path.read_text()) == [], path.name
    for path in built.glob("*.js"):
        found = re.findall(r"""\b(?:import|from)\s*\(?["'](?!\.?/)""", path.read_text())
        assert found == [], path.name


def test_what_a_page_loads_first_is_small(built: Path) -> None:
    page = (built / "index.html").read_text()
    first = [built / name for name in re.findall(r'"/app/(app-[^"]+)"', page)]
    assert len(first) == 2
    scripts = [path.read_text() for path in first if path.suffix == ".js"]
    statically = [
        built / name
        for text in scripts
        for name in re.findall(r'(?:from|import)"/app/([^"]+)"', text)
    ]
    assert statically, "what both share is a part of its own"
    loaded = {path: len(gzip.compress(path.read_bytes())) for path in first + statically}
    assert sum(loaded.values()) <= FIRST_LOAD_MAX_BYTES, loaded


def test_the_app_is_built_for_the_gateway() -> None:
    names = built_files()
    assert "index.html" in names, "run: make app"
    assert len(names) >= 5


def sources() -> list[Path]:
    found = [path for folder in ("src", "test") for path in (APP / folder).rglob("*")]
    return sorted(path for path in found if path.suffix in (".ts", ".tsx", ".css"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(APP)))
def test_the_house_rules_hold_for_the_app_too(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(("/**", "/* ")), "a file opens with its law or its reason"
    most = 450 if path.suffix == ".css" else FILE_MAX_LINES
    assert len(text.splitlines()) <= most
    assert path.stem not in {"utils", "util", "common", "helpers", "manager", "base", "misc"}
    assert max(map(len, text.splitlines())) <= LINE_MAX_CHARACTERS
    unsafe = r"dangerouslySetInnerHTML|\.(?:inner|outer)HTML|insertAdjacentHTML|\beval\("
    assert re.findall(unsafe, text) == [], "content is never markup"
