"""Where a load test plays: dashboards made for it, and sessions of people who may edit them.

Made once by `http_stage.py`, written to a file, and read by every process of Locust: Locust runs
under gevent, which the asyncio of the admin client does not mix with. Pure.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class StagedDashboard:
    """`text`, `blocks` and `charts` are ids of its widgets: typed into, dragged, and fed."""

    id: str
    text: str
    blocks: list[str]
    charts: list[str]
    tokens: list[str]


@dataclass(frozen=True)
class Stage:
    """`url`: of the sockets, ws://…"""

    url: str
    dashboards: list[StagedDashboard]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        return cls(told["url"], [StagedDashboard(**each) for each in told["dashboards"]])

    def place(self, number: int) -> tuple[StagedDashboard, str]:
        """Of the number-th person: people are dealt out to the dashboards in turn."""
        turn, which = divmod(number, len(self.dashboards))
        dashboard = self.dashboards[which]
        return dashboard, dashboard.tokens[turn % len(dashboard.tokens)]
