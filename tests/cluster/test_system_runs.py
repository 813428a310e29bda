"""`weft up` as a user meets it: it says where it is, serves, replays, and refuses clearly."""

import stat
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import weft
from tests.cluster.world import PATIENCE_SECONDS, RunningSystem, a_trace, weft_command, write_trace

pytestmark = pytest.mark.cluster

TRACES = sorted((Path(__file__).parents[3] / "shared" / "traces").glob("[!.]*.json.gz"))
SEQUENTIAL = [path for path in TRACES if "concurrent" not in path.name]  # if there are any here


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return answer.status, answer.read()


def test_up_announces_where_it_is_and_serves_there(system: RunningSystem) -> None:
    assert system.ready["ready"] is True
    assert system.ready["ws"].startswith("ws://127.0.0.1:")
    for path in ("/", "/health", "/ready"):
        assert get(system.ready["http"] + path)[0] == 200, path
    assert b"<html" in get(system.ready["ray_dashboard"])[1]


def test_what_opens_the_system_is_for_its_user_alone(system: RunningSystem) -> None:
    for name in ("admin_key", "link_secret", "ray_token", "running.json"):
        assert stat.S_IMODE((system.data_dir / name).stat().st_mode) == 0o600, name
    assert (system.data_dir / "admin_key").read_text() == system.ready["admin_key"]
    assert system.ready["admin_key"] not in (system.data_dir.parent / "up.log").read_text()


def test_law4_a_trace_in_many_scripts_is_replayed_to_its_end(
    system: RunningSystem, tmp_path: Path
) -> None:
    trace = a_trace(2_000)
    path = write_trace(trace, tmp_path / "trace.json")
    code, outcome = weft_command(
        "replay", str(path), "--clients", "3", "--data-dir", str(system.data_dir)
    )
    assert code == 0
    assert (outcome["converged"], outcome["matches_end_content"]) == (True, True)
    assert (outcome["edits"], outcome["clients"]) == (2_000, 3)
    assert outcome["bytes_stored"] >= 0
    assert 0 < outcome["ack_ms_p50"] <= outcome["ack_ms_p99"]
    versions = {each["dashboard_id"]: each["versions"] for each in system.verify()}
    assert versions[outcome["dashboard_id"]] >= outcome["submissions"] > 1


@pytest.mark.parametrize("path", SEQUENTIAL, ids=lambda path: path.name)
def test_law4_a_real_history_is_replayed_to_its_end(system: RunningSystem, path: Path) -> None:
    code, outcome = weft_command(
        "replay", str(path), "--clients", "3",
        "--url", system.ready["ws"], "--http", system.ready["http"],
        "--admin-key", system.ready["admin_key"],
    )  # fmt: skip
    assert code == 0
    assert (outcome["converged"], outcome["matches_end_content"]) == (True, True)
    assert outcome["bytes_stored"] is None  # of a system elsewhere


def test_doctor_finds_the_running_system_well(system: RunningSystem) -> None:
    code, found = weft_command("doctor", "--data-dir", str(system.data_dir))
    assert (code, found["ok"]) == (0, True), found
    assert {"postgresql", "redis", "ray"} <= {each["name"] for each in found["findings"]}


def test_migrate_finds_nothing_to_do(system: RunningSystem) -> None:
    assert weft_command("migrate", "--data-dir", str(system.data_dir)) == (0, {"applied": []})


def refused(*words: str) -> dict[str, Any]:
    code, answer = weft_command(*words)
    assert code == 2
    error: dict[str, Any] = answer["error"]
    assert error["code"] == "misconfigured"
    return error


def test_a_second_system_on_the_same_data_is_refused(system: RunningSystem) -> None:
    assert system.process is not None
    message = refused("up", "--data-dir", str(system.data_dir))["message"]
    assert str(system.process.pid) in message


def test_a_port_that_is_taken_is_named(system: RunningSystem, tmp_path: Path) -> None:
    port = system.ready["ws"].rpartition(":")[2]
    message = refused("up", "--data-dir", str(tmp_path / "other"), "--ws-port", port)["message"]
    assert port in message
    assert "--ws-port" in message


def test_a_wrong_admin_key_is_refused(system: RunningSystem, tmp_path: Path) -> None:
    path = write_trace(a_trace(1), tmp_path / "trace.json")
    code, answer = weft_command(
        "replay", str(path), "--url", system.ready["ws"], "--http", system.ready["http"],
        "--admin-key", "not the admin key at all",
    )  # fmt: skip
    assert (code, answer["error"]["code"]) == (1, "unauthenticated")


def test_a_system_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_trace(a_trace(1), tmp_path / "trace.json")
    assert "belong together" in refused("replay", str(path), "--url", "ws://127.0.0.1:1")["message"]
    nowhere = str(tmp_path / "nowhere")
    assert nowhere in refused("verify", "--data-dir", nowhere)["message"]
    assert "no-trace" in refused("replay", str(tmp_path / "no-trace"))["message"]


async def test_law4_a_plugin_that_is_installed_and_asked_for_amends_what_is_typed(
    system: RunningSystem,
) -> None:
    """The example of examples/plugins, loaded by Ray's actors by its name."""
    user_id, token = await system.new_user()
    dashboard_id = await system.new_dashboard(user_id, "Sales")
    async with weft.connect(system.ready["ws"], token) as client:
        board = await client.join(dashboard_id)
        board.set(None, ["description"], "paid with 4111111111111111")
        await board.saved()
        masked = "paid with " + 12 * "•" + "1111"
        assert board.document.value_at(None, ("description",)) == masked
    async with system.admin() as admin:
        [submission] = [each async for each in admin.history.operations(dashboard_id)]
        assert {each.get("plugin") for each in submission.operations} == {None, "house_rules"}
