"""The `weft` command: what it takes, and how it says that something is wrong."""

import json
import socket
from pathlib import Path

import pytest

from cluster.command_line import run
from cluster.port_server import FREE_PORTS, claim_port, reach
from weft.errors import WeftError


def test_what_is_no_command_is_refused_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sideways"]) == 2
    assert "usage: weft" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "down", "replay", "verify", "migrate", "doctor"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run([command, "--help"])
    assert caught.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_a_fault_is_one_line_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", "--data-dir", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("weft: There is no Weft data in ")
    assert told.err.endswith(" [misconfigured]\n")
    assert told.err.count("\n") == 1


def test_a_fault_is_one_json_object_when_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", "--json", "--data-dir", str(tmp_path)]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "misconfigured"


def test_a_setting_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEFT_OWNERS", "none")
    assert run(["doctor"]) == 2
    assert "WEFT_OWNERS" in capsys.readouterr().err


def test_a_dashboard_that_is_no_uuid_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--dashboard", "sales", "--postgres-url", "postgresql://127.0.0.1:1/none"]
    assert run(words) == 2
    assert "sales" in capsys.readouterr().err


def test_a_package_that_is_missing_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_ray(name: str) -> None:
        raise ModuleNotFoundError("No module named 'ray'", name="ray")

    monkeypatch.setattr("importlib.import_module", without_ray)
    assert run(["up"]) == 2
    assert "ray is not installed: pip install 'weft[server,embedded]'" in capsys.readouterr().err


def test_a_port_can_be_claimed_again_when_nobody_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(WeftError, match=f"Port {port} .* in use .*--ws-port"):
            claim_port("127.0.0.1", port, "--ws-port")
    assert claim_port("127.0.0.1", port, "--ws-port") == port


def test_port_0_is_any_that_is_free_and_not_of_those_that_connections_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of those was given away between claim and use, and the system did not start."""
    port = claim_port("127.0.0.1", 0, "--ws-port")
    assert port in FREE_PORTS
    with socket.create_server(("127.0.0.1", port)):
        monkeypatch.setattr("random.sample", lambda *_: [port + 1, port])  # the last is first
        assert claim_port("127.0.0.1", 0, "--ws-port") == port + 1
        monkeypatch.setattr("random.sample", lambda *_: [port])
        with pytest.raises(WeftError, match=f"Port {port} .* in use"):
            claim_port("127.0.0.1", 0, "--ws-port", patience_seconds=60)


def test_who_does_not_answer_is_named_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        reach(address, "--ray-address")
    for wrong in (address, "nowhere"):
        with pytest.raises(WeftError, match=f"Nobody answers at {wrong} .*--ray-address"):
            reach(wrong, "--ray-address")
