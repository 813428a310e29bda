"""docs/data-model.md speaks of tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/data-model.md").read_text()
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def test_every_test_that_the_page_names_exists():
    known = {path.stem for path in TESTS}
    known |= {name for path in TESTS for name in re.findall(r"def (test_\w+)", path.read_text())}
    named = re.findall(r"`(test_\w+)(…?)`", PAGE)
    assert len(named) > 30
    for name, cut in named:
        found = name in known or (cut and any(each.startswith(name) for each in known))
        assert found, f"no test is called {name}{cut}"
