"""What the storage tests make: submissions, commits, widgets, and a place with fresh rows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from storage.ports import (
    Accounts,
    DashboardCommit,
    LoggedSubmission,
    OpenedDashboard,
    OperationLog,
    ReplicaMark,
)

AT_MS = 1_790_000_000_123
INSERT = {"type": "insert", "path": ["description"], "position": 0, "value": "x"}


@dataclass(frozen=True)
class Place:
    """The stores under test, either in memory or real ones, and somebody to own dashboards."""

    log: OperationLog
    accounts: Accounts
    user_id: UUID

    async def fresh_dashboard(self) -> UUID:
        return await self.accounts.create_dashboard(self.user_id, "Sales")

    async def opened(self) -> OpenedDashboard:
        opened = await self.log.open_dashboard(await self.fresh_dashboard())
        assert opened is not None
        return opened


def submission(version: int, **fields: Any) -> LoggedSubmission:
    return LoggedSubmission(
        **{
            "version": version,
            "replica_id": uuid4(),
            "sequence": 1,
            "user_id": uuid4(),
            "base_version": version - 1,
            "operations": (INSERT,),
            "fingerprint": bytes(range(16)),
            "at_ms": AT_MS,
            **fields,
        }
    )


def commit_of(opened: OpenedDashboard, *submissions: LoggedSubmission) -> DashboardCommit:
    """What the owner that opened it asks for; without submissions, one that inserts a letter."""
    return DashboardCommit(
        opened.dashboard_id,
        opened.version,
        opened.epoch,
        submissions or (submission(opened.version + 1),),
    )


def mark_of(one: LoggedSubmission) -> ReplicaMark:
    return ReplicaMark(one.replica_id, one.sequence, one.version, one.fingerprint, one.user_id)


def widget(**fields: Any) -> dict[str, Any]:
    return {
        "type": "text",
        "title": "Notes",
        "position": {"x": 0, "y": 0.5, "width": 4, "height": 2},
        "config": {"text": "grüß 👋"},
        "data": {},
        "isLocked": False,
        **fields,
    }


def state_with(widgets: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "title": "Sales",
        "description": None,
        "settings": {"theme": "dark"},
        "layout": [{"id": widget_id, "x": 0} for widget_id in widgets],
        "widgets": widgets,
        **fields,
    }


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that only its own server can tell, within the test's patience."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110  (a server cannot set our events)
            await asyncio.sleep(0.01)
