"""The running system seen from outside: figures for Prometheus, and a submission in the logs."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest

import weft
from tests.cluster.world import PATIENCE_SECONDS, TEXT, Desk, RunningSystem
from weft.tracing import SubmissionId

pytestmark = pytest.mark.cluster
LOOK_AGAIN_SECONDS = 0.3


async def at_least(wanted: float, look: Callable[[], Awaitable[float]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await look() < wanted:  # noqa: ASYNC110  (another process cannot set our events)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def told_by(system: RunningSystem, name: str, process: str) -> float:
    """A figure, from where Ray says that its metrics are to be fetched: that alone asks a token."""
    token = (system.data_dir / "ray_token").read_text().strip()
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        told_at = system.ready["ray_dashboard"] + "/api/prometheus/sd"
        found = await http.get(told_at, headers={"Authorization": f"Bearer {token}"})
        total = 0.0
        for target in found.json()[0]["targets"]:
            try:
                page = (await http.get(f"http://{target}/metrics")).text
            except httpx.TransportError:
                continue  # a part of Ray that has none
            for line in page.splitlines():
                if line.startswith(f"ray_weft_{name}{{") and f'process="{process}"' in line:
                    total += float(line.rpartition(" ")[2])
        return total


async def test_what_has_committed_is_counted_where_prometheus_looks(
    system: RunningSystem, desk: Desk
) -> None:
    board = await desk.prepare()
    for _ in range(5):
        board.insert(desk.widget_id, TEXT, 0, "a")
        await board.saved(PATIENCE_SECONDS)
    for name, process, least in (
        ("submissions_total", "owner-0", 6),
        ("acknowledge_ms_count", "owner-0", 6),
        ("connections", "gateway-0", 1),
        ("presence", "gateway-0", 1),
    ):
        await at_least(least, partial(told_by, system, name, process))


async def test_owners_and_gateways_are_named_in_the_ray_dashboard(system: RunningSystem) -> None:
    token = (system.data_dir / "ray_token").read_text().strip()
    mine = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=mine, timeout=PATIENCE_SECONDS) as http:
        page = await http.get(system.ready["ray_dashboard"] + "/logical/actors")
    actors = page.json()["data"]["actors"].values()
    shown = {each["name"]: each for each in actors if each["state"] == "ALIVE"}
    for name in ("owner-0", "gateway-0"):
        assert shown[name]["reprName"] == f"{name}, Weft {weft.__version__}"


async def test_a_submission_is_followed_from_its_socket_to_its_commit(
    system: RunningSystem, desk: Desk
) -> None:
    board = await desk.prepare()
    board.insert(desk.widget_id, TEXT, 0, "a")
    await board.saved(PATIENCE_SECONDS)

    def steps(role: str) -> list[dict[str, Any]]:
        here = str(desk.dashboard_id)
        return [line for line in system.actor_log(role) if line.get("dashboard") == here]

    async def told(role: str) -> int:
        return len(steps(role))

    await at_least(4, partial(told, "Owner"))  # two submissions, two steps each
    await at_least(2, partial(told, "Gateway"))
    first, last = steps("Gateway")
    assert [line["step"] for line in (first, last)] == ["gateway.submit"] * 2
    mine = [line for line in steps("Owner") if line["trace"] == last["trace"]]
    assert [(line["step"], line["version"]) for line in mine] == [
        ("owner.sequence", 2),
        ("owner.commit", 2),
    ]
    submission = SubmissionId(desk.dashboard_id, board.replica_id, last["sequence"])
    assert last["trace"] == f"{submission.trace_id:032x}"
