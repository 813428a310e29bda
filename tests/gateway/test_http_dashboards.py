"""Dashboards over HTTP, from their making to their end, as the admin client sees them."""

from contextlib import AsyncExitStack

import pytest
from conftest import soon
from http_world import HttpWorld

from weft.models import DashboardPatch, DashboardSettings

pytestmark = pytest.mark.store


async def test_what_is_changed_over_http_is_seen_on_sockets_and_read_back(api: HttpWorld) -> None:
    ann = await api.person()
    dashboard = await api.dashboard(ann, settings=DashboardSettings(theme="dark"))
    async with AsyncExitStack() as stack:
        board = await api.board(ann, dashboard, stack)
        patch = DashboardPatch.from_wire(
            {"title": "Costs", "description": "of it", "settings": {"gridSize": 8, "theme": None}}
        )
        changed = await ann.api.dashboards.change(dashboard.id, patch)
        assert (changed.title, changed.description, changed.version) == ("Costs", "of it", 1)
        assert changed.settings == DashboardSettings(grid_size=8)
        await soon(board.reached(1))
        assert board.document.value_at(None, ("title",)) == "Costs"
    read = await ann.api.dashboards.read(dashboard.id)
    assert (read.title, read.role, read.version, read.widgets) == ("Costs", "owner", 1, ())
