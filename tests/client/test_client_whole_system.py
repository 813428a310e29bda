"""The client against the real gateway and owner over loopback sockets, on the memory twins."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection

import weft
from actors.owner_service import OwnerService
from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from tests.client.conversation import NOTE
from weft.client import backoff
from weft.client.board_loop import News
from weft.client.instructions import FeedRefused, Show, ShowLive

TEXT = ("config", "text")
SECRET = "between gateways and owners"
EDITS = 60


@dataclass
class House:
    """Everything but PostgreSQL, Redis and Ray."""

    tables: MemoryTables = field(default_factory=lambda: MemoryTables(clock=time.time))

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.tables)
        self.accounts = MemoryAccounts(self.tables)
        self.directory = MemoryDirectory()
        self.dashboard_id = UUID(int=0)

    async def open_dashboard(self) -> None:
        self.owner_of_it = await self.accounts.create_user("ann@example.org", "ann")
        self.dashboard_id = await self.accounts.create_dashboard(self.owner_of_it, "Sales")

    async def token(self, name: str) -> str:
        user = await self.accounts.create_user(f"{name}@example.org", name)
        await self.accounts.share(self.dashboard_id, user, "editor")
        token = f"token of {name}"
        digest = hashlib.sha256(token.encode()).hexdigest()
        await self.accounts.create_session(user, digest, 3_600)
        return token


@asynccontextmanager
async def served(house: House) -> AsyncIterator[str]:
    owner = OwnerService("owner", house.log, house.accounts, house.directory, secret=SECRET)
    settings = GatewaySettings("gateway", SECRET, "admin", http_port=None)
    gateway = GatewayService(settings, house.accounts, house.directory)
    await owner.start()
    await gateway.start()
    try:
        yield gateway.ws_url
    finally:
        await gateway.stop()
        await owner.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "RECONNECT_FIRST_SECONDS", 0.001)


class Wire(ClientConnection):
    """A connection that can be cut as a network does it: without a word."""

    made: ClassVar[list["Wire"]] = []

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.made.append(self)

    @classmethod
    def cut_all(cls) -> None:
        for wire in cls.made:
            wire.transport.abort()
        cls.made.clear()


async def type_words(board: weft.Board, widget: str, name: str) -> None:
    for number in range(EDITS):
        board.insert(widget, TEXT, 0, f"<{name}{number}>")
        if number % 20 == 10:
            Wire.cut_all()
        if number % 3 == 0:
            await board.saved(60)
    await board.saved(60)


async def test_law3_and_law4_two_who_type_over_cut_connections_end_in_one_text() -> None:
    house = House()
    await house.open_dashboard()
    async with (
        served(house) as url,
        weft.connect(url, await house.token("bob"), create_connection=Wire) as bobs,
        weft.connect(url, await house.token("cem"), create_connection=Wire) as cems,
    ):
        bob, cem = await bobs.join(house.dashboard_id), await cems.join(house.dashboard_id)
        widget = bob.add_widget({**NOTE, "config": {"text": ""}})
        await bob.saved(60)
        await cem.reached(bob.version)
        await asyncio.gather(type_words(bob, widget, "bob"), type_words(cem, widget, "cem"))
        head = max(bob.version, cem.version)
        await asyncio.gather(bob.reached(head), cem.reached(head))
        text = bob.document.value_at(widget, TEXT)
        assert bob.document == cem.document
        assert len(await house.log.submissions_between(house.dashboard_id, 0, head)) == head
        words = [f"<{name}{number}>" for name in ("bob", "cem") for number in range(EDITS)]
        assert sorted(text.replace(">", ">\n").split()) == sorted(words)


async def test_live_data_reaches_every_board_and_outlives_a_cut() -> None:
    house = House()
    await house.open_dashboard()
    async with (
        served(house) as url,
        weft.connect(url, await house.token("bob"), create_connection=Wire) as bobs,
        weft.connect(url, await house.token("cem"), create_connection=Wire) as cems,
    ):
        bob, cem = await bobs.join(house.dashboard_id), await cems.join(house.dashboard_id)
        widget = bob.add_widget(NOTE)
        await bob.saved(60)
        shown: asyncio.Queue[News] = asyncio.Queue()
        cem.listen(lambda news: shown.put_nowait(news) if not isinstance(news, Show) else None)
        async with asyncio.timeout(60):
            bob.feed(widget, {"n": 1})
            assert isinstance(await shown.get(), ShowLive)
            assert cem.live[widget].value == {"n": 1}
            Wire.cut_all()
            while not (isinstance(news := await shown.get(), ShowLive) and news.anew):
                pass
            assert cem.live[widget].value == {"n": 1}
            cem.feed(UUID(int=7), {"n": 1})
            refused = await shown.get()
        assert isinstance(refused, FeedRefused)
        assert (refused.widget_id, refused.error.code) == (str(UUID(int=7)), "target_missing")
        assert cem.status.error is None
        assert cem.document.value_at(widget, ("data",)) == {}
