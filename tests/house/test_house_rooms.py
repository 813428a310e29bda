"""The house: pure rooms do no I/O, rooms do not overfill, and no room is called a junk drawer."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("weft", "storage", "actors", "gateway", "cluster")
SHELL_MARKS = (
    "postgres_", "redis_", "ray_", "websocket_", "http_", "embedded_",
    "_actor", "_file", "_loop", "_server", "_service", "_command", "_line",
)  # fmt: skip
SHELL_NAMES = {"service.py", "__init__.py", "__main__.py"}
IO_MODULES = {
    "asyncio", "asyncpg", "fastapi", "http", "os", "random", "ray", "redis", "secrets", "shutil",
    "signal", "socket", "subprocess", "tempfile", "threading", "time", "urllib", "uvicorn",
    "uvloop", "websockets",
}  # fmt: skip
FILE_MAX_LINES = 400
FUNCTION_MAX_LINES = 70
JUNK_DRAWERS = {"utils", "util", "common", "helpers", "helper", "manager", "base", "misc"}


def sources() -> list[Path]:
    return [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


def is_pure(path: Path) -> bool:
    return path.name not in SHELL_NAMES and not any(
        mark in f"{path.stem}." or path.stem.startswith(mark) or path.stem.endswith(mark)
        for mark in SHELL_MARKS
    )


def imported_modules(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [p for p in sources() if is_pure(p)], ids=label)
def test_a_pure_room_imports_no_io(path: Path) -> None:
    found = imported_modules(ast.parse(path.read_text())) & IO_MODULES
    assert not found, f"{label(path)} is named as pure but imports {sorted(found)}"


@pytest.mark.parametrize("path", sources(), ids=label)
def test_a_room_is_not_overfull(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_MAX_LINES, "build a room"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION_MAX_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", sources(), ids=label)
def test_a_room_says_why_it_is_there(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "a file opens with its law"
    assert path.stem not in JUNK_DRAWERS


def test_test_names_are_not_repeated_in_one_file() -> None:
    """A repeated name silently replaces the first test: it would never run again."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for scope in ast.walk(ast.parse(path.read_text())):
            if not isinstance(scope, ast.Module | ast.ClassDef):
                continue
            names = [n.name for n in scope.body if hasattr(n, "name")]
            repeated = {name for name in names if names.count(name) > 1}
            assert not repeated, f"{label(path)} repeats {repeated}"


def test_tests_import_each_other_by_their_whole_name() -> None:
    """A bare name is found only from within its folder, and two folders may have one of it."""
    folders = [path for path in sorted((ROOT / "tests").iterdir()) if path.is_dir()]
    for folder in folders:
        beside = {path.stem for path in folder.glob("*.py")}
        for path in folder.glob("*.py"):
            bare = imported_modules(ast.parse(path.read_text())) & beside
            assert not bare, f"{label(path)} imports {sorted(bare)} by a bare name"


def test_no_file_names_a_registry_host() -> None:
    hosts = re.compile(r"pythonhosted\.org|pypi\.org|registry\.npmjs|deb\.debian\.org")
    here = Path(__file__).resolve()
    for path in [*ROOT.glob("*.*"), *ROOT.glob("docs/**/*.md"), *sources()]:
        if path.is_file() and path.resolve() != here:
            assert not hosts.search(path.read_text(errors="ignore")), label(path)
