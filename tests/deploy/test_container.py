"""The container's file copies what exists and runs what exists; its steps install what they say.

No container engine runs here: the image itself is not built in the tests.
"""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from cluster.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy/Containerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMPOSE = (ROOT / "deploy/compose.yaml").read_text()
SETTINGS = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
PORTS = {str(Settings().ws_port), str(Settings().http_port)}
UV = Path(sys.executable).with_name("uv")


def instructions() -> list[tuple[str, str]]:
    """(keyword, rest) of each, lines joined and comments gone."""
    lines = [line for line in TEXT.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [(each.partition(" ")[0], each.partition(" ")[2]) for each in joined.split("\n") if each]


def of(keyword: str) -> list[str]:
    return [rest for each, rest in instructions() if each == keyword]


def copied() -> list[str]:
    return [name for rest in of("COPY") if "--from" not in rest for name in rest.split()[:-1]]


def test_every_instruction_is_one() -> None:
    known = {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "VOLUME", "EXPOSE"}
    assert {each for each, _ in instructions()} <= known | {"STOPSIGNAL", "ENTRYPOINT", "CMD"}
    assert of("FROM") == ["${PYTHON} AS build", "${PYTHON}"]


def test_what_is_copied_exists_and_is_all_that_the_wheel_needs() -> None:
    assert all((ROOT / name).exists() for name in copied())
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied())
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied())


def test_what_it_runs_is_in_the_makefile_and_the_project() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = [name for rest in of("RUN") for name in re.findall(r"^make (\w+)", rest)]
    assert targets == ["app"]
    assert re.search(r"^app:", makefile, re.MULTILINE)
    [extras] = re.findall(r"weft\[([\w,]+)\]", TEXT)
    assert set(extras.split(",")) <= PROJECT["project"]["optional-dependencies"].keys()
    assert of("ENTRYPOINT") == ['["tini", "--", "weft"]']
    assert "weft" in PROJECT["project"]["scripts"]


def test_it_is_nobody_with_rights_and_listens_where_the_settings_say() -> None:
    assert of("USER") == ["1000:1000"]
    assert set(of("EXPOSE")[0].split()) == PORTS
    assert set(re.findall(r"\b(WEFT_[A-Z_]+)=", TEXT)) <= SETTINGS


def test_the_wheel_builds_with_all_its_rooms(tmp_path: Path) -> None:
    """As the file does it. What it needs is in requirements.lock, which has every extra."""
    [step] = [rest for rest in of("RUN") if "uv build" in rest]
    assert step == ".venv/bin/uv build --quiet --wheel --out-dir dist"
    command = [UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    held = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= held
    assert "--constraint requirements.lock" in TEXT


# --- compose -----------------------------------------------------------------------------------


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_the_compose_file_is_one_by_the_specification() -> None:
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+):\?", COMPOSE), "x" * 32)
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: secrets[found[1]], COMPOSE)
    compose_spec.PyCompose.from_yaml(text).validate()
    with pytest.raises(ValueError):
        compose_spec.PyCompose.from_yaml(text.replace("depends_on", "depend_on"))


def test_compose_asks_for_every_secret_and_the_example_names_them() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    example = (ROOT / "deploy/example.env").read_text()
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == asked
    assert set(services()["weft"]["environment"]) <= SETTINGS


def test_compose_waits_for_what_weft_needs_and_knows_when_it_is_ready() -> None:
    weft = services()["weft"]
    assert set(weft["depends_on"]) == {"postgres", "redis"}
    assert all("healthcheck" in service for service in services().values())
    assert weft["healthcheck"]["test"][-1].endswith("/ready")
    assert {port.rpartition(":")[2] for port in weft["ports"]} == PORTS
    assert all(port.startswith("127.0.0.1:") for port in weft["ports"])
    assert (ROOT / "deploy" / weft["build"]["context"]).resolve() == ROOT
    assert (ROOT / weft["build"]["dockerfile"]).exists()


def test_postgres_in_compose_keeps_what_it_says_it_keeps() -> None:
    told = " ".join(services()["postgres"]["command"])
    assert not re.search(r"(fsync|synchronous_commit|full_page_writes)=off", told)
