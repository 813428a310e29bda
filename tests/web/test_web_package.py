"""The npm package: strict types, its own tests, current generated files, and its size."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web import node_command
from tests.web.node_command import CLIENT, WEB, run
from web.client import generate_wire

BUNDLE_MAX_BYTES = 40_000  # gzipped, as a page loads it
HOOKS_MAX_BYTES = 2_000  # gzipped, beside it
FILE_MAX_LINES = 400
LINE_MAX_CHARACTERS = 100
COMPILER = WEB / "node_modules" / "typescript" / "bin" / "tsc"
CONSUMER = """\
import { connect, IndexedDbStore, type Board, type Notice, type Submission } from "@weft/client";

const client = connect("wss://host/", { token: async () => "t", store: new IndexedDbStore("me") });
const board: Board = await client.join("00000000-0000-4000-8000-000000000000");
board.listen((news) => {
  if (news.kind === "notify") board.restore(news.notice satisfies Notice);
});
board.set(null, ["settings", "theme"], "dark");
export const version: Submission["version"] | null = board.version;
// @ts-expect-error: no such field
board.document.fields.nonsense;
"""


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """What npm would publish."""
    run("build.ts")
    return CLIENT / "dist"


@pytest.mark.parametrize("project", ["tsconfig.json", "test/tsconfig.json"])
def test_types_are_strict(project: str) -> None:
    run(COMPILER, "--project", project)


def test_the_layout_is_that_of_the_formatter() -> None:
    formatter = WEB / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    run(formatter, "--check", "--cache", ".", cwd=WEB)


def test_the_tests_of_the_package_pass() -> None:
    said = run("--test", "--test-isolation=none", "--test-reporter=tap", "test/*.test.ts")
    assert int(re.findall(r"^# pass (\d+)$", said, re.MULTILINE)[0]) > 60
    assert re.findall(r"^# (?:fail|cancelled|skipped|todo) [^0]", said, re.MULTILINE) == []


def test_the_generated_types_and_tables_are_current() -> None:
    for path, text in generate_wire.files().items():
        assert path.read_text() == text, (
            f"run: .venv/bin/python -m web.client.generate_wire ({path})"
        )


def test_the_bundle_is_small_and_needs_nothing(built: Path) -> None:
    bundle = (built / "weft.js").read_bytes()
    assert len(gzip.compress(bundle)) <= BUNDLE_MAX_BYTES
    assert not re.search(rb"\b(?:require|import)\s*\(|\bfrom\s*['\"]", bundle), "it imports"
    package = json.loads((CLIENT / "package.json").read_text())
    assert "dependencies" not in package


def test_the_hooks_are_small_and_share_the_client_and_react_of_the_page(built: Path) -> None:
    hooks = (built / "react.js").read_text()
    assert len(gzip.compress(hooks.encode())) <= HOOKS_MAX_BYTES
    assert set(re.findall(r"""\bfrom\s*["']([^"']*)""", hooks)) == {"react", "@weft/client"}
    package = json.loads((CLIENT / "package.json").read_text())
    assert package["peerDependenciesMeta"] == {"react": {"optional": True}}


def test_a_program_that_uses_the_package_has_its_types(built: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "@weft").mkdir(parents=True)
    (tmp_path / "node_modules" / "@weft" / "client").symlink_to(built.parent)
    (tmp_path / "consumer.mts").write_text(CONSUMER)
    options = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom", "--types", ""]
    for resolution in (
        ["--module", "nodenext"],
        ["--module", "esnext", "--moduleResolution", "bundler"],
    ):
        run(COMPILER, *options, *resolution, "consumer.mts", cwd=tmp_path)


def test_the_lock_file_names_no_registry() -> None:
    lock = (WEB / "package-lock.json").read_text()
    assert re.findall(r'"resolved": "(?!(?:client|app)")', lock) == []
    assert "registry" not in lock


def sources() -> list[Path]:
    folders = (CLIENT / "src", CLIENT / "test")
    return sorted(path for folder in folders for path in folder.rglob("*.ts"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(CLIENT)))
def test_the_house_rules_hold_for_typescript_too(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("/**"), "a file opens with its law or its reason"
    is_generated = "Written by web/client/generate_wire.py" in text
    assert is_generated or len(text.splitlines()) <= FILE_MAX_LINES
    assert path.stem not in {"utils", "util", "common", "helpers", "manager", "base", "misc"}
    assert max(map(len, text.splitlines())) <= LINE_MAX_CHARACTERS


@pytest.mark.parametrize("ci", ["", "true"])
def test_without_node_it_says_what_to_do_and_fails_only_in_ci(
    ci: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_command, "find_node", lambda: None)
    monkeypatch.setenv("CI", ci)
    outcome = pytest.fail.Exception if ci else pytest.skip.Exception
    with pytest.raises(outcome, match="make install"):
        node_command.needed_node()
