"""A server is driven from docs/spec.md alone: what the page describes is what it says and does.

Nothing here builds or reads a message with the code of Weft; frames are made from the examples of
the page, and each answer must be as its tables say.
"""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.gateway.gateway_world import soon
from tests.gateway.owned_world import OwnedWorld
from tests.wire.wire_page import PAGE, Page
from weft import limits

TEXT = PAGE.read_text()
PART = Page(TEXT)
CLOSES = re.findall(r"^\| (\d{4}) \| ([^|]+) \| (\w+)", TEXT, re.MULTILINE)
CLOSE_RETRIES = {int(code): retry for code, _, retry in CLOSES}
FRAME_MAX_BYTES = 1_048_576  # as the page says of `submit`
RETITLE = {"type": "update", "path": ["title"], "value": "North"}


class Conforming:
    """A client written from the page."""

    def __init__(self, websocket: ClientConnection, world: OwnedWorld) -> None:
        self.websocket = websocket
        self._ids = {"dashboardId": str(world.dashboard_id), "replicaId": str(uuid4())}

    def message(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The page's first example of it, about this world, with these fields."""
        example = PART.client[kind].examples[0]
        ours = {name: value for name, value in self._ids.items() if name in example}
        return example | ours | fields

    async def say(self, kind: str, **fields: Any) -> None:
        message = self.message(kind, **fields)
        assert not PART.client_faults(message)
        await self.websocket.send(json.dumps(message))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message; what comes on the lane of presence may come in between."""
        while True:
            message: dict[str, Any] = json.loads(await soon(self.websocket.recv()))
            assert not PART.server_faults(message)
            if kind == "presence" or message["type"] != "presence":
                break
        assert message["type"] == kind, message
        return message

    async def ask(self, kind: str, answer: str, **fields: Any) -> dict[str, Any]:
        await self.say(kind, **fields)
        return await self.hear(answer)

    async def closed(self, code: int) -> None:
        await soon(self.websocket.wait_closed())
        assert self.websocket.close_code == code
        assert code in CLOSE_RETRIES


async def stranger(world: OwnedWorld) -> Conforming:
    """Connected, and nothing said yet."""
    return Conforming(await connect(world.service.ws_url, proxy=None), world)


async def guest(world: OwnedWorld) -> Conforming:
    client = await stranger(world)
    await client.ask("hello", "welcome", token=await world.token())
    return client


async def test_a_conversation_from_the_page(owned: OwnedWorld) -> None:
    ann, bob = await stranger(owned), await guest(owned)
    welcome = await ann.ask("hello", "welcome", token=await owned.token())
    assert welcome["userId"] == str(owned.user_id)
    assert welcome["limits"]["frameMaxBytes"] == FRAME_MAX_BYTES
    for client in (ann, bob):
        joined = await client.ask("join", "joined")
        assert joined["snapshot"]["version"] == joined["version"] == 0
    await ann.say("submit", sequence=1, baseVersion=0, operations=[RETITLE])
    for client in (ann, bob):
        (submission,) = (await client.hear("committed"))["submissions"]
        assert (submission["version"], submission["sequence"]) == (1, 1)
        assert submission["userId"] == str(owned.user_id)
    again = await ann.ask("submit", "acknowledged", sequence=1, baseVersion=0, operations=[RETITLE])
    assert again["version"] == 1
    other = {**RETITLE, "value": "South"}
    reused = await ann.ask("submit", "rejected", sequence=1, baseVersion=0, operations=[other])
    assert (reused["code"], reused["retry"]) == ("id_reused", "never")
    assert (await ann.ask("ping", "pong", nonce="n"))["nonce"] == "n"
    assert (await ann.ask("leave", "ended"))["code"] == "left"
    late = await ann.ask("submit", "rejected", sequence=2, baseVersion=1, operations=[other])
    assert late["code"] == "not_joined"
    joined = await ann.ask("join", "joined", version=0, wantsTail=True)
    assert [each["version"] for each in joined["submissions"]] == [1]
    assert (joined["lastSequence"], joined["lastVersion"]) == (1, 1)


async def test_law8_presence_from_the_page(owned: OwnedWorld) -> None:
    ann, bob = await guest(owned), await guest(owned)
    await ann.ask("join", "joined")
    roster = (await bob.ask("join", "joined"))["roster"]
    assert len(roster) == 2
    await ann.say("presence")
    cursor = ann.message("presence")["cursor"]
    while not (there := [each for each in roster if each.get("cursor") == cursor]):
        roster = (await bob.hear("presence"))["changed"]
    await ann.ask("leave", "ended")
    while (await bob.hear("presence"))["left"] != [there[0]["connectionId"]]:
        pass


async def test_an_example_that_does_not_fit_the_dashboard_is_rejected_by_its_id(
    owned: OwnedWorld,
) -> None:
    """The examples name a widget that is not there."""
    client = await guest(owned)
    await client.ask("join", "joined")
    for sequence, operations in enumerate(
        example["operations"] for example in PART.client["submit"].examples
    ):
        fields = {"sequence": sequence + 1, "baseVersion": 0, "operations": operations}
        rejected = await client.ask("submit", "rejected", **fields)
        assert (rejected["sequence"], rejected["code"]) == (sequence + 1, "target_missing")


BROKEN = [
    (kind, name)
    for kind, described in PART.client.items()
    if kind != "hello"
    for name, field in described.fields.items()
    if not field.is_optional
]


@pytest.mark.parametrize(("kind", "lacking"), BROKEN)
async def test_law7_a_message_that_lacks_a_field_is_answered(
    owned: OwnedWorld, kind: str, lacking: str
) -> None:
    client = await guest(owned)
    message = client.message(kind)
    del message[lacking]
    assert PART.client_faults(message)
    await client.websocket.send(json.dumps(message))
    answer = json.loads(await soon(client.websocket.recv()))
    assert not PART.server_faults(answer)
    assert answer["type"] in ("error", "rejected")
    assert (answer["code"], answer["retry"]) == ("invalid_message", "never")
    await client.ask("ping", "pong")


@pytest.mark.parametrize("kind", [kind for kind in PART.client if kind != "hello"])
async def test_the_first_frame_must_be_hello(owned: OwnedWorld, kind: str) -> None:
    client = await stranger(owned)
    await client.ask(kind, "error")
    await client.closed(4400)


async def test_who_is_not_known_is_told_so(owned: OwnedWorld) -> None:
    client = await stranger(owned)
    error = await client.ask("hello", "error")
    assert (error["code"], error["retry"]) == ("unauthenticated", CLOSE_RETRIES[4401])
    await client.closed(4401)


async def test_without_a_common_version_the_servers_are_told(owned: OwnedWorld) -> None:
    client = await stranger(owned)
    error = await client.ask("hello", "error", protocol=[99])
    assert error["code"] == "unsupported_protocol"
    await client.closed(4406)
    again = await stranger(owned)
    protocols = [99, *error["supported"]]
    welcome = await again.ask("hello", "welcome", protocol=protocols, token=await owned.token())
    assert welcome["protocol"] == max(error["supported"])


async def test_who_says_nothing_is_closed(
    owned: OwnedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HELLO_TIMEOUT_SECONDS", 0.01)
    await (await stranger(owned)).closed(4408)


@pytest.mark.parametrize(
    ("frame", "is_text", "code"),
    [(b"{}", False, 1003), (b'"\xff"', True, 1007), (b" " * (FRAME_MAX_BYTES + 1), True, 1009)],
    ids=["binary", "not UTF-8", "too large"],
)
async def test_frames_that_are_none_close_the_socket(
    owned: OwnedWorld, frame: bytes, is_text: bool, code: int
) -> None:
    client = await guest(owned)
    await client.websocket.send(frame, text=is_text)
    await client.closed(code)


async def test_after_too_many_frames_that_are_not_well_formed_the_socket_is_closed(
    owned: OwnedWorld,
) -> None:
    """100, as the page says."""
    client = await guest(owned)
    for _ in range(100):
        await client.websocket.send("nonsense")
        assert (await client.hear("error"))["code"] == "malformed"
    await client.closed(4400)


async def test_a_server_that_stops_says_goaway(owned: OwnedWorld) -> None:
    client = await guest(owned)
    await owned.service.stop()
    assert (await client.hear("goaway"))["code"] == "going_away"
    await client.closed(1001)
