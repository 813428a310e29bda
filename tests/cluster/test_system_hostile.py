"""Laws 7 and 10 through the whole system: hostile frames are answered, and nobody else notices."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.cluster.world import PATIENCE_SECONDS, TEXT, Desk, RunningSystem
from weft.errors import CODES
from weft.wire.close_codes import BINARY_FRAME, CLOSE_CODES, FRAME_TOO_LARGE, NOT_UTF8

pytestmark = pytest.mark.cluster

Json = dict[str, Any]
Hostile = Callable[["Intruder"], str]
DEEP = 10_000


@dataclass
class Intruder:
    """A raw connection of someone who may edit, and who sends what he likes."""

    socket: ClientConnection
    desk: Desk
    sequence: int = 0
    replica_id: str = field(default_factory=lambda: str(uuid4()))

    async def enter(self, token: str) -> None:
        await self.say({"type": "hello", "protocol": [1], "token": token})
        assert (await self.hear())["type"] == "welcome"
        join = {"type": "join", "dashboardId": str(self.desk.dashboard_id)}
        await self.say({**join, "replicaId": self.replica_id})
        joined = await self.hear()
        assert joined["type"] == "joined", joined
        self.version = joined["version"]

    async def say(self, frame: Json | str) -> None:
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self) -> Json:
        """Who comes and goes is not its business."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                heard: Json = json.loads(await self.socket.recv())
                if heard["type"] != "presence":
                    return heard

    async def answer(self) -> Json | int:
        """What is said to this connection alone, or the code that it was closed with."""
        try:
            while (heard := await self.hear())["type"] == "committed":
                self.version = heard["submissions"][-1]["version"]
        except ConnectionClosed:
            assert self.socket.close_code is not None
            return self.socket.close_code
        return heard

    async def commit(self) -> None:
        """A good submission, and its commit."""
        await self.say(self.submission(insertion(self)))
        while True:
            heard = await self.hear()
            assert heard["type"] == "committed", heard
            self.version = heard["submissions"][-1]["version"]
            if any(each["replicaId"] == self.replica_id for each in heard["submissions"]):
                return

    def submission(self, operation: Any, **changed: Any) -> Json:
        self.sequence += 1
        return {
            "type": "submit",
            "dashboardId": str(self.desk.dashboard_id),
            "sequence": self.sequence,
            "baseVersion": self.version,
            "operations": [operation],
            **changed,
        }


def insertion(intruder: Intruder, **changed: Any) -> Json:
    widget_id = intruder.desk.widget_id
    edit = {"type": "insert", "targetId": widget_id, "path": TEXT, "position": 0, "value": "x"}
    return {**edit, **changed}


def inserting(**changed: Any) -> Hostile:
    return lambda intruder: json.dumps(intruder.submission(insertion(intruder, **changed)))


def submitting(**changed: Any) -> Hostile:
    return lambda intruder: json.dumps(
        intruder.submission(insertion(intruder), **changed), default=str
    )


def setting(raw: str) -> Hostile:
    """A value that only a hand-made frame can hold."""

    def make(intruder: Intruder) -> str:
        target = {"targetId": intruder.desk.widget_id}
        edit = {"type": "update", **target, "path": ["config", "color"], "value": "RAW"}
        return json.dumps(intruder.submission(edit)).replace('"RAW"', raw)

    return make


SUBMISSIONS: dict[str, tuple[Hostile, str]] = {
    "wrong type of operations": (submitting(operations="all"), "invalid_message"),
    "wrong type of sequence": (submitting(sequence="one"), "invalid_message"),
    "an unknown field": (submitting(admin=True), "invalid_message"),
    "an unknown operation": (inserting(type="drop"), "invalid_operation"),
    "NUL": (inserting(value="a\0b"), "unstorable_text"),
    "a lone surrogate": (inserting(value="\ud800"), "unstorable_text"),
    "NaN": (setting("NaN"), "invalid_number"),
    "infinity": (setting("1e999"), "invalid_number"),
    "a huge integer": (setting("9" * 400), "invalid_number"),
    "an integer beyond 2^53": (setting(str(2**53)), "invalid_number"),
    "depth 10,000": (setting("[" * DEEP + "]" * DEEP), "too_deep"),
    "a key for JavaScript": (setting('{"__proto__": {}}'), "forbidden_key"),
    "a negative position": (inserting(position=-1), "invalid_operation"),
    "a position beyond the text": (inserting(position=10**9), "out_of_range"),
    "a fraction of a position": (inserting(position=0.5), "invalid_operation"),
    "a missing widget": (inserting(targetId=str(uuid4())), "target_missing"),
    "a path through nothing": (inserting(path=["config", "no", "where"]), "invalid_path"),
    "a version of the future": (submitting(baseVersion=10**9), "future_version"),
    "an unknown dashboard": (submitting(dashboardId=uuid4()), "not_joined"),
}
FRAMES: dict[str, tuple[str, str]] = {
    "not JSON": ("{not json", "malformed"),
    "not an object": ("[]", "malformed"),
    "no type": ("{}", "invalid_message"),
    "depth without end": ("[" * DEEP, "too_deep"),
}


@pytest.fixture
async def neighbour(desk: Desk) -> Any:
    """Someone on the same dashboard, whose every edit must be saved as if nothing were."""
    board = await desk.prepare()
    typed = 0
    is_over = asyncio.Event()

    async def type_on() -> int:
        nonlocal typed
        while not is_over.is_set():
            board.insert(desk.widget_id, TEXT, 0, "n")
            await board.saved(PATIENCE_SECONDS)
            typed += 1
        return typed

    task = asyncio.create_task(type_on())
    watcher = await witness(desk)
    yield board
    is_over.set()
    assert await task > 0
    await watcher()


async def witness(desk: Desk) -> Callable[[], Any]:
    """A raw connection that must see every version, one after the other, and never be closed."""
    socket = await desk.stack.enter_async_context(connect(desk.system.ready["ws"]))
    intruder = Intruder(socket, desk)
    await intruder.enter(await desk.token("viewer"))
    versions = [intruder.version]

    async def watch() -> None:
        async for frame in socket:
            committed = json.loads(frame).get("submissions", ())  # or presence
            versions.extend(each["version"] for each in committed)

    task = asyncio.create_task(watch())

    async def conclude() -> None:
        assert not task.done(), "the witness was cut off"
        assert versions == list(range(versions[0], versions[0] + len(versions)))
        await socket.close()
        await task

    return conclude


async def test_law7_hostile_submissions_are_rejected_by_name(
    system: RunningSystem, desk: Desk, neighbour: Any
) -> None:
    token = await desk.token()
    for name, (make, code) in SUBMISSIONS.items():
        async with connect(system.ready["ws"]) as socket:
            intruder = Intruder(socket, desk)
            await intruder.enter(token)
            await intruder.say(make(intruder))
            answer = await intruder.answer()
            assert isinstance(answer, dict), (name, answer)
            assert answer.get("code") == code, (name, answer)
            assert answer["retry"] == CODES[code].retry, name
            sequence = answer.get("sequence", answer.get("about", {}).get("sequence"))
            assert sequence in (intruder.sequence, None), (name, answer)
            assert sequence is not None or "sequence" in name, (name, answer)
            await intruder.commit()


async def test_law7_frames_that_are_no_message_are_answered(
    system: RunningSystem, desk: Desk, neighbour: Any
) -> None:
    async with connect(system.ready["ws"]) as socket:
        intruder = Intruder(socket, desk)
        await intruder.enter(await desk.token())
        for name, (frame, code) in FRAMES.items():
            await intruder.say(frame)
            answer = await intruder.answer()
            assert isinstance(answer, dict), (name, answer)
            assert (answer["type"], answer["code"]) == ("error", code), (name, answer)
            await intruder.commit()


@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"x" * 10_000_000, FRAME_TOO_LARGE), (b"binary", BINARY_FRAME), (b"\xed\xa0", NOT_UTF8)],
    ids=["10 MB", "binary", "not UTF-8"],
)
async def test_law7_what_is_no_text_frame_at_all_is_closed_with_a_documented_code(
    system: RunningSystem, desk: Desk, neighbour: Any, frame: bytes, code: int
) -> None:
    token = await desk.token()
    intruder = Intruder(await connect(system.ready["ws"]), desk)
    await intruder.enter(token)
    with suppress(ConnectionClosed):  # cut while it is still sending
        await intruder.socket.send(frame, text=code != BINARY_FRAME)
    assert await intruder.answer() == code
    assert code in CLOSE_CODES
    async with connect(system.ready["ws"]) as socket:
        intruder = Intruder(socket, desk)
        await intruder.enter(token)
        await intruder.commit()


@pytest.mark.parametrize("whose", ["nobody's", "a stranger's"])
async def test_law7_a_dashboard_that_is_not_for_this_user_does_not_exist_for_him(
    system: RunningSystem, desk: Desk, neighbour: Any, whose: str
) -> None:
    stranger, _ = await system.new_user("stranger")
    foreign = await system.new_dashboard(stranger, "Foreign")
    dashboard_id: UUID = foreign if whose == "a stranger's" else uuid4()
    async with connect(system.ready["ws"]) as socket:
        intruder = Intruder(socket, desk)
        await intruder.enter(await desk.token())
        join = {"type": "join", "dashboardId": str(dashboard_id), "replicaId": str(uuid4())}
        await intruder.say(join)
        answer = await intruder.answer()
        assert isinstance(answer, dict)
        assert (answer["type"], answer["code"]) == ("ended", "unknown_dashboard")
        await intruder.say(intruder.submission(insertion(intruder), dashboardId=str(dashboard_id)))
        answer = await intruder.answer()
        assert isinstance(answer, dict)
        assert answer["code"] == "not_joined"
        await intruder.commit()
