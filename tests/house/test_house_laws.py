"""Every numbered law of docs/spec.md is named by at least one test."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def numbered_laws() -> set[int]:
    text = (ROOT / "docs/spec.md").read_text()
    return {int(number) for number in re.findall(r"\*\*Law (\d+),", text)}


def laws_named_by_tests() -> dict[int, list[str]]:
    named: dict[int, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name in re.findall(r"def (test_law\d+_\w+)", path.read_text()):
            named.setdefault(int(re.findall(r"\d+", name)[0]), []).append(name)
    return named


def test_the_laws_are_numbered_without_a_gap() -> None:
    laws = numbered_laws()
    assert laws == set(range(1, len(laws) + 1))
    assert len(laws) >= 17


def test_every_law_is_named_by_a_test() -> None:
    unnamed = numbered_laws() - laws_named_by_tests().keys()
    assert not unnamed, f"no test is named after law(s) {sorted(unnamed)}"


def test_no_test_names_a_law_that_is_not_written() -> None:
    unwritten = laws_named_by_tests().keys() - numbered_laws()
    assert not unwritten, f"tests name unwritten law(s) {sorted(unwritten)}"
