"""A run is judged when all of its dashboards are at rest at one moment, not one after the other."""

from typing import cast
from uuid import uuid4

import pytest

from cluster.chaos import run_service
from cluster.chaos.battlefield_service import Battlefield
from cluster.chaos.recorder_service import Recorder
from cluster.chaos.run_service import Table, all_at_rest

FIELD = cast("Battlefield", None)  # nobody looks at it here


async def test_a_dashboard_that_is_stirred_while_another_is_waited_for_is_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run once ended 0.2 s after a move, and the editor on its way back was blamed."""
    first, second = (Table(uuid4(), "", [], Recorder("owner"), {}) for _ in range(2))
    looks = {first.dashboard_id: [True, False, True], second.dashboard_id: [False, True, True]}

    async def is_at_rest(_: Battlefield, table: Table) -> bool:
        return looks[table.dashboard_id].pop(0)

    monkeypatch.setattr(run_service, "is_at_rest", is_at_rest)
    monkeypatch.setattr(run_service, "LOOK_EVERY_SECONDS", 0)
    await all_at_rest(FIELD, [first, second])
    assert list(looks.values()) == [[], []]
