"""Law 4 across languages: Python and browser clients edit one dashboard and end in one document."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

import weft
from tests.client.conversation import NOTE
from tests.client.test_client_whole_system import EDITS, House, Wire, served, type_words
from tests.web.node_command import CLIENT, needed_node
from weft.client import backoff
from weft.models import CursorPosition
from weft.ot import Document

TEXT = ("config", "text")
PATIENCE_SECONDS = 60.0


@asynccontextmanager
async def node_program(
    name: str, order: dict[str, Any]
) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        needed_node(), f"test/{name}.ts", json.dumps(order), cwd=CLIENT, stdin=pipe, stdout=pipe
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def answer_of(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        return json.loads(await process.stdout.readline())


async def finish(process: asyncio.subprocess.Process, head: int) -> list[Document]:
    assert process.stdin is not None
    process.stdin.write(f"{head}\n".encode())
    return [Document.from_json(state) for state in await answer_of(process)]


async def test_law3_and_law4_python_and_browser_clients_end_in_one_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "RECONNECT_FIRST_SECONDS", 0.001)
    house = House()
    await house.open_dashboard()
    tokens = {name: await house.token(name) for name in ("bob", "cem", "dot", "eve")}
    async with (
        served(house) as url,
        weft.connect(url, tokens["bob"], create_connection=Wire) as bobs,
        weft.connect(url, tokens["cem"], create_connection=Wire) as cems,
    ):
        bob, cem = await bobs.join(house.dashboard_id), await cems.join(house.dashboard_id)
        widget = bob.add_widget({**NOTE, "config": {"text": "👩‍👧 "}})
        await bob.saved(PATIENCE_SECONDS)
        await cem.reached(bob.version)
        order = {
            "url": url,
            "tokens": {name: tokens[name] for name in ("dot", "eve")},
            "dashboardId": str(house.dashboard_id),
            "widget": widget,
            "edits": EDITS,
        }
        async with node_program("editor", order) as process:
            versions, *_ = await asyncio.gather(
                answer_of(process), type_words(bob, widget, "bob"), type_words(cem, widget, "cem")
            )
            head = max(bob.version, cem.version, *versions)
            await asyncio.gather(bob.reached(head), cem.reached(head))
            theirs = await finish(process, head)
        assert bob.document == cem.document == theirs[0] == theirs[1]
        text = bob.document.value_at(widget, TEXT)
        words = [f"<{name}{number}>" for name in tokens for number in range(EDITS)]
        assert sorted(text.removesuffix("👩‍👧 ").replace(">", ">\n").split()) == sorted(words)
        log = await house.log.submissions_between(UUID(str(house.dashboard_id)), 0, head)
        assert len({(each.replica_id, each.sequence) for each in log}) == head


async def test_law8_python_and_browser_clients_see_each_others_cursors_move_with_the_text() -> None:
    house = House()
    await house.open_dashboard()
    tokens = {name: await house.token(name) for name in ("bob", "dot")}
    async with served(house) as url, weft.connect(url, tokens["bob"]) as bobs:
        bob = await bobs.join(house.dashboard_id)
        widget = bob.add_widget({**NOTE, "config": {"text": "hello"}})
        here = CursorPosition(x=0, y=0, element_id=widget, path=TEXT, offset=5)
        bob.set_presence(cursor=here)
        await bob.saved(PATIENCE_SECONDS)
        order = {
            "url": url,
            "token": tokens["dot"],
            "dashboardId": str(house.dashboard_id),
            "widget": widget,
        }
        async with node_program("watcher", order) as process:
            await told(process, {"offsets": [5], "names": ["bob", "dot"]})
            bob.insert(widget, TEXT, 0, "oh ")
            await told(process, {"offsets": [8], "names": ["bob", "dot"]})
            async with asyncio.timeout(PATIENCE_SECONDS):
                while [each.cursor and each.cursor.offset for each in bob.presence] != [8]:
                    await anext(bob.changes())
            assert process.stdin is not None
            process.stdin.write(b"\n")
            async with asyncio.timeout(PATIENCE_SECONDS):
                while bob.presence:
                    await anext(bob.changes())


async def told(process: asyncio.subprocess.Process, expected: dict[str, Any]) -> None:
    while await answer_of(process) != expected:
        pass
