"""What the pages for operators name exists: commands, settings, requests, error codes."""

import re
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from cluster.command_line import grammar
from cluster.settings import ENVIRONMENT_PREFIX, Settings
from gateway.http_api import create_app
from weft.errors import CODES
from weft.wire import close_codes

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / name
    for name in ("runbook.md", "scale.md", "guide/observing.md", "guide/production.md")
]
DEPLOY = sorted(path for path in (ROOT / "deploy").rglob("*") if path.suffix in (".yml", ".yaml"))


def commands() -> set[str]:
    [subparsers] = [each for each in grammar()._actions if each.dest == "command"]
    assert isinstance(subparsers.choices, dict)
    return set(subparsers.choices)


@pytest.mark.parametrize("page", [*PAGES, *DEPLOY], ids=lambda page: str(page.name))
def test_commands_and_settings_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    named = re.findall(r"(?:`|^|&& |; )weft ([a-z][a-z-]+)", text, re.MULTILINE)
    assert set(named) <= commands(), page
    settings = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"\bWEFT_[A-Z_]+[A-Z]\b", text)) <= settings, page


def test_requests_that_the_runbook_names_exist() -> None:
    paths = create_app(MagicMock()).openapi()["paths"]
    asked = re.findall(r"\b(GET|POST|DELETE|PATCH) (/api/[\w/{}-]+)", PAGES[0].read_text())
    assert asked
    for method, path in asked:
        assert method.lower() in paths.get(path, {}), (method, path)


def test_error_codes_that_are_named_exist() -> None:
    rules = (ROOT / "deploy/prometheus/rules.yml").read_text()
    [internal] = set(re.findall(r'code=~"([^"]+)"', rules))
    named = set(internal.split("|"))
    refusals = PAGES[0].read_text().partition("## WeftRefusesMany")[2].partition("**Look at**")[0]
    named |= {word for word in re.findall(r"`([a-z_]+)`", refusals) if word != "closes"}
    assert len(named) >= 6
    assert named <= CODES.keys()
    assert f"{close_codes.SLOW_READER}, and resume" in PAGES[0].read_text()
