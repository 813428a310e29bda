"""The client over real loopback sockets: what only a socket can show."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable

import pytest
from websockets.asyncio.client import ClientConnection

import weft
from tests.client.conversation import BOARD, NOTE, WIDGET, removed, typed
from tests.client.fake_server import TOKEN, FakeServer, fake_server
from weft.client import backoff
from weft.client.instructions import Notify, Show
from weft.errors import WeftError

TEXT = ("config", "text")


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with fake_server() as fake:
        yield fake


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits before trying again are the heart's, and tested there."""
    monkeypatch.setattr(backoff, "RECONNECT_FIRST_SECONDS", 0.001)


def text_of(board: weft.Board) -> str:
    value: str = board.document.value_at(WIDGET, TEXT)
    return value


async def test_an_edit_is_shown_at_once_and_saved_when_the_server_says_so(
    server: FakeServer,
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        board.insert(WIDGET, TEXT, 5, "!")
        assert (text_of(board), board.status.state, board.version) == ("hello!", "saving", 0)
        await board.saved(60)
        assert (text_of(board), board.status.state, board.version) == ("hello!", "saved", 1)
        assert await client.join(str(BOARD)) is board


async def test_two_clients_see_each_other_and_hear_of_every_change(server: FakeServer) -> None:
    async with (
        weft.connect(server.url, TOKEN) as ann_client,
        weft.connect(server.url, lambda: TOKEN) as bob_client,
    ):
        ann, bob = await ann_client.join(BOARD), await bob_client.join(BOARD)
        heard: list[object] = []
        stop = bob.listen(heard.append)
        changes = bob.changes()
        first = asyncio.ensure_future(anext(changes))
        ann.set(None, "title", "Together")
        change = await first
        assert isinstance(change, Show)
        assert (change.origin, change.operations[0].value) == ("remote", "Together")
        assert heard == [change]
        stop()
        with ann.batch():
            ann.insert(WIDGET, TEXT, 0, "a")
            ann.insert(WIDGET, TEXT, 1, "b")
        await bob.reached(2)
        assert (text_of(bob), len(heard)) == ("abhello", 1)
        assert ann.document == bob.document


async def test_law3_after_a_cut_it_comes_back_by_itself_and_sends_what_was_not_committed(
    server: FakeServer,
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.silent = True
        board.insert(WIDGET, TEXT, 5, "!")
        await server.heard("submit")
        await server.cut()
        server.silent = False
        board.insert(WIDGET, TEXT, 6, "?")
        await board.saved(60)
        assert [s["operations"][0]["value"] for s in server.submissions] == ["!", "?"]
        assert [frame["sequence"] for frame in await server.heard("submit", 3)] == [1, 1, 2]


async def test_law3_what_was_committed_unheard_is_not_sent_again(server: FakeServer) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.silent = True
        board.insert(WIDGET, TEXT, 5, "!")
        (frame,) = await server.heard("submit")
        for connection in list(server.connections):
            server._replicas.pop(connection)  # nobody hears of it
        await server.commit(*frame["operations"], by=board.replica_id, sequence=1)
        server.silent = False
        await server.cut()
        await board.saved(60)
        assert (text_of(board), len(server.submissions)) == ("hello!", 1)


async def test_law3_what_was_said_to_a_server_that_has_vanished_is_said_to_another(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.limits.ANSWER_TIMEOUT_SECONDS", 0.1)
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.vanish()
        board.insert(WIDGET, TEXT, 5, "!")
        await board.saved(60)
        assert len(await server.heard("hello")) == 2


async def test_a_server_that_has_much_to_do_is_waited_for(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers a ping, and not yet what was said."""
    monkeypatch.setattr("weft.limits.ANSWER_TIMEOUT_SECONDS", 0.01)
    server.silent = True
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        (connection,) = server.connections
        answered = asyncio.Event()
        ping = ClientConnection.ping

        async def told_ping(socket: ClientConnection) -> Awaitable[float]:
            pong = await ping(socket)
            asyncio.ensure_future(pong).add_done_callback(lambda _: answered.set())
            return pong

        monkeypatch.setattr(ClientConnection, "ping", told_ping)
        board.insert(WIDGET, TEXT, 5, "!")
        await answered.wait()
        await server.commit(typed(0, "?"))
        await board.reached(1)
        assert server.connections == {connection}
        await client.close(timeout=0)


@pytest.mark.parametrize(
    ("close_code", "error_code"), [(4400, "invalid_message"), (1009, "too_large")]
)
async def test_law7_a_close_that_says_never_reaches_the_application_and_ends_it(
    server: FakeServer, close_code: int, error_code: str
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.silent = True
        board.insert(WIDGET, TEXT, 5, "!")
        await server.heard("submit")
        await server.close(close_code)
        with pytest.raises(WeftError) as refused:
            await board.saved(60)
        assert refused.value.code == error_code
        assert board.status.state == "failed"
        assert [operation.value for operation in board.pending()] == ["!"]
        with pytest.raises(WeftError):
            await client.join(BOARD)
    assert len(await server.heard("hello")) == 1, "it did not come back"
    assert list(client.unsaved) == [BOARD]


async def test_law7_entering_tells_why_it_cannot(server: FakeServer) -> None:
    with pytest.raises(WeftError) as refused:
        async with weft.connect(server.url, "bad"):
            pass
    assert refused.value.code == "unauthenticated"
    server.close_hello_with = 4406
    with pytest.raises(WeftError) as refused:
        async with weft.connect(server.url, TOKEN):
            pass
    assert refused.value.code == "unsupported_protocol"
    with pytest.raises(WeftError) as refused:
        async with weft.connect("http://127.0.0.1/", TOKEN):
            pass
    assert refused.value.code == "misconfigured"


async def test_a_token_that_has_ended_is_asked_for_again(server: FakeServer) -> None:
    tokens = iter(["old", TOKEN])

    async def renew() -> str:
        return next(tokens)

    async with weft.connect(server.url, renew) as client:
        await client.join(BOARD)
    assert [frame["token"] for frame in await server.heard("hello", 2)] == ["old", TOKEN]


async def test_law6_a_token_that_ends_soon_is_renewed_without_another_socket(
    server: FakeServer,
) -> None:
    tokens = iter([TOKEN, "fresh"])
    server.tokens.add("fresh")

    async def renew() -> str:
        return next(tokens)

    async with weft.connect(server.url, renew) as client:
        board = await client.join(BOARD)
        await server.send({"type": "reauthenticate", "deadline": 2})
        assert [frame["token"] for frame in await server.heard("authenticate")] == ["fresh"]
        board.insert(WIDGET, TEXT, 5, "!")
        await board.saved(60)
        await server.cut()
        assert [frame["token"] for frame in await server.heard("hello", 2)] == [TOKEN, "fresh"]
    assert len(await server.heard("authenticate")) == 1


async def test_a_notice_is_read_by_all_who_want_to_whatever_one_of_them_does(
    server: FakeServer,
) -> None:
    read: asyncio.Queue[str] = asyncio.Queue()

    def faulty(text: str) -> None:
        raise ValueError(text)

    async with weft.connect(server.url, TOKEN) as client:
        client.on_notice(faulty)
        client.on_notice(read.put_nowait)
        await server.send({"type": "notice", "text": "We restart at noon."})
        assert await asyncio.wait_for(read.get(), 60) == "We restart at noon."


async def test_a_token_that_is_a_text_cannot_be_renewed_and_nothing_happens_until_its_end(
    server: FakeServer,
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        await server.send({"type": "reauthenticate", "deadline": 2})
        board.insert(WIDGET, TEXT, 5, "!")
        await board.saved(60)


async def test_a_token_that_cannot_be_had_now_is_asked_for_again(server: FakeServer) -> None:
    answers = iter([ConnectionResetError(), KeyError("down"), TOKEN])

    def ask() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with weft.connect(server.url, ask) as client:
        await client.join(BOARD)
    assert len(await server.heard("hello")) == 1


async def test_a_dashboard_that_is_refused_is_an_error_and_the_client_goes_on(
    server: FakeServer,
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        server.refuse_join = "unknown_dashboard"
        with pytest.raises(WeftError) as refused:
            await client.join(BOARD)
        assert refused.value.code == "unknown_dashboard"
        server.refuse_join = None
        board = await client.join(BOARD)
        assert board.status.state == "saved"
        await board.leave()
        assert board.is_over
        again = await client.join(BOARD)
        assert again is not board
        leaving = asyncio.create_task(again.leave())
        await asyncio.sleep(0)
        assert again.is_leaving
        third = await client.join(BOARD)  # at once, before the leave has been answered
        assert third is not again
        assert not third.is_over
        await leaving


async def test_a_rejected_edit_is_told_and_undone_and_the_rest_is_saved(
    server: FakeServer,
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.refuse = lambda frame: "forbidden" if frame["sequence"] == 1 else None
        told: list[object] = []
        board.listen(told.append)
        board.set(None, "title", "Mine")
        with pytest.raises(WeftError) as refused:
            await board.saved(60)
        assert refused.value.code == "forbidden"
        assert board.document.value_at(None, ("title",)) == "Sales"
        (notice,) = board.notices()
        assert told[-1] == Notify(notice)
        board.restore(notice)
        await board.saved(60)
        assert board.document.value_at(None, ("title",)) == "Mine"


async def test_closing_waits_for_what_is_not_saved_and_tells_what_it_was(
    server: FakeServer,
) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        board.insert(WIDGET, TEXT, 5, "!")
        assert await client.close() == {}
        assert len(server.submissions) == 1
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.silent = True
        board.insert(WIDGET, TEXT, 6, "?")
        unsaved = await client.close(timeout=0.01)
    assert [operation.value for operation in unsaved[BOARD]] == ["?"]


async def test_a_listener_that_fails_hurts_only_itself(server: FakeServer) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        board.listen(lambda news: 1 / 0)  # type: ignore[arg-type, return-value]
        await server.commit(typed(0, "> "))
        await board.reached(1)
        assert text_of(board) == "> hello"


async def test_an_edit_of_what_was_removed_meanwhile_is_told(server: FakeServer) -> None:
    async with weft.connect(server.url, TOKEN) as client:
        board = await client.join(BOARD)
        server.silent = True
        board.insert(WIDGET, TEXT, 5, "!")
        await server.commit(removed())
        await board.reached(1)
        assert [notice.reason for notice in board.notices()] == ["target_removed"]
        widget = board.add_widget({"type": "text", "position": NOTE["position"]})
        assert widget in board.document
        await client.close(timeout=0)


def test_importing_weft_brings_nothing_of_a_server_with_it() -> None:
    program = """
import sys, weft
assert "websockets" not in sys.modules and "pydantic" not in sys.modules, "loads when used"
weft.connect, weft.Client, weft.Board, weft.WeftError, weft.__version__
heavy = {"ray", "asyncpg", "redis", "fastapi", "uvicorn", "uvloop"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
