"""Plug-ins by name: as pip installs them, asked for by setting, and named when they do not load."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cluster.command_line import run
from tests.plugins.installing import HOUSE_RULES, install
from weft.errors import WeftError
from weft.ot import Document, Operation
from weft.plugins import Proposal, Refusal
from weft.plugins.loading import installed, load_plugins

CARD = "pay with 4111111111111111, or 5500005555555559 please"


@pytest.fixture
def house_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for path in install(HOUSE_RULES, tmp_path).split(":"):
        if path:
            monkeypatch.syspath_prepend(path)
    importlib.invalidate_caches()
    yield
    sys.modules.pop("house_rules", None)


def test_a_plugin_is_loaded_by_name_with_its_policy_or_the_operators(house_rules: None) -> None:
    assert "house_rules" in installed()
    (own,) = load_plugins(["house_rules"])
    (other,) = load_plugins(["house_rules:refuse"])
    assert (own.plugin.name, own.on_failure, other.on_failure) == (
        "house_rules",
        "ignore",
        "refuse",
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("no_such", "There is no plug-in no_such; installed: "),
        ("house_rules:perhaps", "a policy is refuse or ignore"),
    ],
)
def test_what_cannot_be_loaded_is_misconfigured_and_named(
    house_rules: None, wanted: str, said: str
) -> None:
    with pytest.raises(WeftError) as raised:
        load_plugins([wanted])
    assert raised.value.code == "misconfigured"
    assert said in raised.value.message


@pytest.mark.parametrize(
    "code", ["raise RuntimeError('no licence')", "import no_such_module", "HouseRules = str", ""]
)
def test_a_plugin_that_is_broken_is_misconfigured_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    install(HOUSE_RULES, tmp_path)
    (tmp_path / "house_rules.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "house_rules", raising=False)
    with pytest.raises(WeftError) as raised:
        load_plugins(["house_rules"])
    assert raised.value.code == "misconfigured"
    assert "house_rules" in raised.value.message
    sys.modules.pop("house_rules", None)


def test_the_example_masks_card_numbers_and_refuses_a_title(house_rules: None) -> None:
    ((plugin, _),) = [(each.plugin, each.on_failure) for each in load_plugins(["house_rules"])]
    added = plugin.review(proposal("description", CARD))
    assert added is not None
    assert [each["type"] for each in added] == ["delete", "insert"] * 2
    assert plugin.review(proposal("description", "4111")) == []
    with pytest.raises(Refusal):
        plugin.review(proposal("title", "Untitled"))


def proposal(field: str, value: str) -> Proposal:
    before = Document.from_json({"title": "Sales", "widgets": {}})
    after = Document.from_json({"title": "Sales", "widgets": {}, field: value})
    operation = Operation("update", None, (field,), value)
    return Proposal(uuid4(), uuid4(), uuid4(), 0, (operation,), before, after)


def test_the_host_is_told_of_a_plugin_that_is_not_there_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEFT_PLUGINS", "no_such")
    assert run(["up", "--json", "--data-dir", str(tmp_path)]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "misconfigured"
    assert "no_such" in error["message"]
