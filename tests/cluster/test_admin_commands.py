"""`weft user`, `token`, `share` and `dashboards`, on the running system and without one."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import weft
from cluster.command_line import run
from cluster.http_admin_access import shown
from tests.cluster.world import PATIENCE_SECONDS, RunningSystem

COMMANDS = (
    ["user", "list"],
    ["user", "add", "ann@example.org"],
    ["token", "ann"],
    ["share", str(UUID(int=7)), "ann", "editor"],
    ["dashboards", "list", "ann"],
    ["dashboards", "add", "ann", "Sales"],
)


class Terminal:
    """Runs commands as a user of that system would."""

    def __init__(self, system: RunningSystem, capsys: pytest.CaptureFixture[str]) -> None:
        self._place = ["--data-dir", str(system.data_dir)]
        self._capsys = capsys

    async def says(self, *words: str) -> list[str]:
        """Its lines for people."""
        code = await asyncio.to_thread(run, [*words, *self._place])
        told = self._capsys.readouterr()
        assert (code, told.err) == (0, "")
        return told.out.splitlines()

    async def tells(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Its one JSON object."""
        assert await asyncio.to_thread(run, [*words, "--json", *self._place]) == code
        told: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return told


@pytest.fixture
def terminal(system: RunningSystem, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(system, capsys)


@pytest.mark.cluster
async def test_from_nothing_to_a_shared_dashboard(
    system: RunningSystem, terminal: Terminal
) -> None:
    ann, bob = f"ann-{uuid4().hex}", f"bob-{uuid4().hex}"
    added = await terminal.tells("user", "add", f"{ann}@example.org", "--full-name", "Ann O.")
    assert (added["user"]["username"], added["user"]["fullName"]) == (ann, "Ann O.")
    [line] = await terminal.says("user", "add", f"{bob}@example.org", "--username", bob)
    assert f"{bob}  <{bob}@example.org>" in line
    made = (await terminal.tells("dashboards", "add", ann, "Sales"))["dashboard"]
    shared = await terminal.tells("share", made["id"], f"{bob}@example.org", "editor")
    assert shared["collaborator"]["acceptedAt"]
    [token] = await terminal.says("token", bob, "--ttl", "60")
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with weft.connect(system.ready["ws"], token) as client:
            board = await client.join(made["id"])
            board.set(None, ["title"], "Costs")
            await board.saved()
    found = await terminal.tells("dashboards", "list", added["user"]["id"], "--archived")
    assert [each["id"] for each in found["dashboards"]] == [made["id"]]
    *_, last = await terminal.says("dashboards", "list", bob)
    assert last == "1 dashboards"
    listed = (await terminal.tells("user", "list", ann))["users"]
    assert [each["username"] for each in listed] == [ann]


@pytest.mark.cluster
async def test_an_invited_user_has_to_accept(terminal: Terminal) -> None:
    ann, bob = f"ann-{uuid4().hex}", f"bob-{uuid4().hex}"
    for name in (ann, bob):
        await terminal.says("user", "add", f"{name}@example.org")
    made = (await terminal.tells("dashboards", "add", ann, "Sales"))["dashboard"]
    [line] = await terminal.says("share", made["id"], bob, "viewer", "--invite")
    assert line == f"{bob} is invited as viewer on {made['id']}"
    assert (await terminal.tells("dashboards", "list", bob))["dashboards"] == []


@pytest.mark.cluster
async def test_what_is_not_there_is_named(terminal: Terminal) -> None:
    error = (await terminal.tells("token", "nobody at all", code=1))["error"]
    assert (error["code"], error["message"]) == ("not_found", "There is no user nobody at all.")
    error = (await terminal.tells("token", str(uuid4()), code=1))["error"]
    assert error["code"] == "not_found"
    error = (await terminal.tells("user", "add", "no address", code=1))["error"]
    assert error["errors"][0]["field"] == "email"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_a_running_system_the_remedy_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run([*words, "--data-dir", str(tmp_path)]) == 2
    assert f"No Weft runs on {tmp_path}: start one with `weft up`" in capsys.readouterr().err
    assert run([*words, "--http", "http://127.0.0.1:1", "--data-dir", str(tmp_path)]) == 2
    assert "--http and --admin-key" in capsys.readouterr().err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_such_command_explains_itself(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run([*words, "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert all(flag in told for flag in ("--json", "--http", "--admin-key", "--data-dir"))


def test_names_cannot_steer_the_terminal() -> None:
    assert shown("Ann\x1b[2J\r\n Ö 漢") == "Ann?[2J?? Ö 漢"
