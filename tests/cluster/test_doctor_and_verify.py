"""`weft doctor` names what is wrong, and `weft verify` what is false, in a real database."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from cluster.command_line import run
from storage.postgres_pool import PostgresStores

NOBODY = "127.0.0.1:1"


def told_by(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run([*words, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


def test_doctor_says_of_each_part_what_is_wrong_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = told_by(
        capsys, "doctor", "--data-dir", str(tmp_path / "none"), "--ray-address", NOBODY,
        "--postgres-url", f"postgresql://{NOBODY}/weft", "--redis-url", f"redis://{NOBODY}",
        "--ws-port", "0", "--http-port", "0",
    )  # fmt: skip
    assert (code, told["ok"]) == (1, False)
    ill = {each["name"]: each["advice"] for each in told["findings"] if each["advice"]}
    assert ill.keys() == {"postgresql", "redis", "ray"}
    assert "--postgres-url" in ill["postgresql"]
    assert not (tmp_path / "none").exists()


@pytest.fixture
async def dashboard_id(postgres_stores: PostgresStores) -> str:
    user = await postgres_stores.accounts.create_user(f"{uuid4()}@example.org", str(uuid4()))
    return str(await postgres_stores.accounts.create_dashboard(user, "Sales"))


@pytest.mark.store
async def test_law4_verify_passes_a_dashboard_that_is_as_it_should_be(
    dashboard_id: str, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = await verify(capsys, dashboard_id, postgres_url)
    assert (code, told["ok"]) == (0, True)
    assert told["dashboards"][0]["dashboard_id"] == dashboard_id


@pytest.mark.store
async def test_law4_verify_names_the_row_that_somebody_has_changed(
    dashboard_id: str,
    postgres_url: str,
    postgres_stores: PostgresStores,
    capsys: pytest.CaptureFixture[str],
) -> None:
    falsify = "UPDATE dashboards SET title = 'Salt' WHERE id = $1"
    await postgres_stores.pool.execute(falsify, UUID(dashboard_id))
    code, told = await verify(capsys, dashboard_id, postgres_url)
    assert (code, told["ok"]) == (1, False)
    difference = told["dashboards"][0]["difference"]
    assert difference["law"] == "law 4, convergence: rows"
    assert difference["where"] == "/title@3"
    assert (difference["expected"], difference["found"]) == ("'es'", "'t'")


@pytest.mark.store
async def test_law1_verify_names_a_head_that_the_log_does_not_reach(
    dashboard_id: str,
    postgres_url: str,
    postgres_stores: PostgresStores,
    capsys: pytest.CaptureFixture[str],
) -> None:
    falsify = "UPDATE dashboards SET version = 3 WHERE id = $1"
    await postgres_stores.pool.execute(falsify, UUID(dashboard_id))
    code, told = await verify(capsys, dashboard_id, postgres_url)
    assert code == 1
    assert told["dashboards"][0]["difference"]["law"].startswith("law 1, order")


@pytest.mark.store
async def test_verify_says_that_there_is_no_such_dashboard(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = await verify(capsys, str(uuid4()), postgres_url)
    assert (code, told["error"]["code"]) == (1, "unknown_dashboard")


async def verify(
    capsys: pytest.CaptureFixture[str], dashboard_id: str, url: str
) -> tuple[int, dict[str, Any]]:
    """In a thread: the command has an event loop of its own."""
    words = ["verify", "--dashboard", dashboard_id, "--postgres-url", url]
    return await asyncio.to_thread(told_by, capsys, *words)
