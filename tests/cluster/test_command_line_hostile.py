"""Law 7 at the terminal: whatever is asked for wrongly is one clear line, or with --json one JSON
object, and a non-zero exit. Nobody sees a traceback.
"""

import gzip
import json
from pathlib import Path

import pytest

from cluster.command_line import run
from cluster.settings import read_settings
from weft.errors import WeftError

KEY = "0123456789abcdef"
NOWHERE = ["--http", "http://127.0.0.1:1", "--admin-key", KEY]
TRACE = str(Path(__file__).parents[1] / "traces/standup.json")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of every wrong kind, where the commands are given."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("no.json").write_text("{{{")
    Path("no.gz").write_bytes(b"\x1f\x8bgarbage")
    Path("cut.gz").write_bytes(gzip.compress(b'{"txns": []}')[:-4])
    Path("other.json").write_text('{"txns": [{"patches": [[1, 2]]}], "endContent": ""}')
    Path("binary").write_bytes(b"\xff\xfe" * 100)
    Path("garbled").mkdir()
    Path("garbled/lock").touch()
    Path("garbled/running.json").write_bytes(b"\xff\xfe")
    Path("half").mkdir()
    Path("half/lock").touch()
    Path("half/running.json").write_text('{"pid": "none"}')


WRONG = [
    ["sideways"],
    [],
    ["up", "--ws-port", "65536"],
    ["up", "--ws-port", "-1"],
    ["up", "--ws-port", "9" * 5_000],
    ["up", "--owners", "0"],
    ["up", "--host", "x..y"],
    ["up", "--data-dir", "file"],
    ["up", "--data-dir", "/proc/none"],
    ["up", "--tls-cert", "none", "--tls-key", "none"],
    ["verify", "--data-dir", "file"],
    ["verify", "--data-dir", "garbled"],
    ["verify", "--data-dir", "~nobody-of-this-name"],
    ["verify", "--postgres-url", "postgresql://[::1/none"],
    ["verify", "--postgres-url", "postgresql://a:p/ss@b:port/none"],
    ["verify", "--postgres-url", "postgresql://127.0.0.1:1/none?sslmode=sideways"],
    ["verify", "--dashboard", "sales", "--postgres-url", "postgresql://127.0.0.1:1/none"],
    ["up", "--redis-url", "redis://127.0.0.1:port"],
    ["down", "--data-dir", "file"],
    ["down", "--data-dir", "half"],
    ["status", "--data-dir", "garbled"],
    ["replay", "none"],
    ["replay", "."],
    ["replay", "no.json"],
    ["replay", "no.gz"],
    ["replay", "cut.gz"],
    ["replay", "other.json"],
    ["replay", "binary"],
    ["replay", TRACE, "--clients", "0"],
    ["replay", TRACE, "--url", "nonsense", *NOWHERE],
    ["user", "list", *NOWHERE],
    ["user", "list", "--http", "nonsense", "--admin-key", KEY],
    ["user", "list", "--http", "http://[::1", "--admin-key", KEY],
    ["user", "list", "--http", "http://127.0.0.1:99999", "--admin-key", KEY],
    ["share", "sales", "ann", "editor", *NOWHERE],
    ["move", "sales", "owner-1", *NOWHERE],
    ["token", "ann", "--ttl", "-1", *NOWHERE],
    ["token", "ann", "--ttl", "1" * 30, *NOWHERE],
    ["chaos", "--seconds", "nan"],
    ["chaos", "--seconds", "-3"],
    ["chaos", "--runs", "\u00b2"],
    ["chaos", "--faults", "sideways"],
]


@pytest.mark.parametrize("words", WRONG, ids=lambda words: " ".join(words)[:60])
def test_law7_what_is_asked_for_wrongly_is_one_json_object_or_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--json"]) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)["error"]
    assert error["code"] == "misconfigured"
    assert told.err == ""
    assert run(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    *usage, line = told.err.splitlines()
    assert line == f"weft: {error['message']} [misconfigured]"
    assert not line.startswith("weft: weft"), "the program is named once"
    assert not usage or usage[0].startswith("usage: weft")
    assert "p/ss" not in told.err, "a password is not shown"


def test_law7_a_doctor_tells_of_a_data_directory_that_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["doctor", "--json", "--data-dir", "file"]) == 1
    findings = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert "Not a directory" in findings["system"]["found"]
    assert findings["system"]["advice"]


def test_law7_a_fault_of_ours_is_one_line_that_says_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ExceptionGroup("two", [LookupError("first\nand more"), OSError("second")])

    monkeypatch.setattr("cluster.command_line.read_settings", broken)
    assert run(["doctor"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "weft: LookupError: first and more [internal]\n"
    monkeypatch.setattr("cluster.command_line.read_settings", lambda *_: None)
    assert run(["doctor", "--json"]) == 1
    message = json.loads(capsys.readouterr().out)["error"]["message"]
    assert message.startswith("AttributeError: ")
    assert "(cluster/doctor_command.py:" in message


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("WEFT_OWNER", "3", "WEFT_OWNERS is one"),
        ("WEFT_JWT_SECRET", "x", "WEFT_JWT_"),
        ("WEFT_HTTP_PROT", "8766", "WEFT_HTTP_PORT is one"),
        ("WEFT_HTTPS_PORT", "8766", "WEFT_HTTP_PORT is one"),
    ],
)
def test_law7_a_slip_in_the_name_of_a_variable_is_told_with_what_was_meant(
    name: str, value: str, meant: str
) -> None:
    with pytest.raises(WeftError, match=f"{name} is no setting of Weft; .*{meant}") as caught:
        read_settings({}, {name: value})
    assert caught.value.code == "misconfigured"


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "9" * 5_000, "1e3", "\u0661", "nan"])
@pytest.mark.parametrize(
    "name", ["WEFT_OWNERS", "WEFT_RATE_CURSOR", "WEFT_RETAIN_AUDIT_MONTHS", "WEFT_GATEWAYS"]
)
def test_law7_a_variable_that_is_no_number_of_its_range_is_named(name: str, value: str) -> None:
    if not value:
        read_settings({}, {name: value})  # as if it were not there
        return
    with pytest.raises(WeftError, match=rf"\(or {name}\): ") as caught:
        read_settings({}, {name: value})
    assert len(caught.value.message) < 200


def test_what_kubernetes_tells_of_a_service_called_weft_is_no_slip() -> None:
    read_settings(
        {},
        {
            "WEFT_SERVICE_HOST": "10.0.0.1",
            "WEFT_SERVICE_PORT": "8765",
            "WEFT_SERVICE_PORT_SOCKETS": "8765",
            "WEFT_PORT": "tcp://10.0.0.1:8765",
            "WEFT_PORT_8765_TCP": "tcp://10.0.0.1:8765",
            "WEFT_PORT_8765_TCP_ADDR": "10.0.0.1",
            "WEFT_HEAD_SVC_SERVICE_HOST": "10.0.0.2",
        },
    )
