"""An owner in a process of its own, which tells when a dashboard was opened there and let go."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from actors.dashboard_service import DashboardService
from actors.owner_service import OwnerService
from storage.postgres_pool import connect
from storage.redis_directory import RedisDirectory
from tests.served_process import ServedProcess, served_process


class Stay(NamedTuple):
    """Of a dashboard at an owner, by the monotonic clock, which all processes share."""

    opened_at: float
    let_go_at: float | None = None


class OwnerProcess:
    def __init__(self, owner_id: str, process: ServedProcess) -> None:
        self.owner_id = owner_id
        self.pid = process.pid
        self._process = process

    async def last_stay(self, dashboard_id: UUID) -> Stay:
        """As it says itself, when it runs."""
        stay = await self._process.ask(dashboard_id)
        assert isinstance(stay, Stay), "it never had it open"
        return stay


@contextmanager
def owner_process(
    owner_id: str, postgres_url: str, redis_url: str, secret: str
) -> Iterator[OwnerProcess]:
    with served_process(serve_owner, owner_id, postgres_url, redis_url, secret) as process:
        yield OwnerProcess(owner_id, process)


async def serve_owner(
    owner_id: str, postgres_url: str, redis_url: str, secret: str
) -> tuple[None, Callable[[UUID], Stay | None]]:
    stores = await connect(postgres_url)
    directory = RedisDirectory(redis_url)
    owner = OwnerService(owner_id, stores.log, stores.identity.sharing, directory, secret=secret)
    owner._hosting.dashboards = hosted = Hosted()
    await owner.start()
    return None, hosted.stays.get


class Hosted(dict[UUID, DashboardService]):
    """What an owner has open, and since when; the owner adds and removes."""

    def __init__(self) -> None:
        self.stays: dict[UUID, Stay] = {}

    def __setitem__(self, dashboard_id: UUID, service: DashboardService) -> None:
        self.stays[dashboard_id] = Stay(time.monotonic())
        super().__setitem__(dashboard_id, service)

    def __delitem__(self, dashboard_id: UUID) -> None:
        super().__delitem__(dashboard_id)
        self.stays[dashboard_id] = self.stays[dashboard_id]._replace(let_go_at=time.monotonic())
