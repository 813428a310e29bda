"""The door of real sockets: origins, floods, silence, certificates, and what is never logged."""

import asyncio
import logging
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

import weft
from cluster.http_tls_trust import trusting
from gateway.doorway import Bounds
from gateway.rate_limit import Rate
from gateway.tls_file import TlsFiles
from tests.gateway.certificate import certificate
from tests.gateway.door_world import door_world
from tests.gateway.gateway_world import ADMIN_KEY, World, soon
from weft.errors import WeftError
from weft.limits import HANDSHAKE_MAX_BYTES, HELLO_MAX_BYTES

OURS = "https://app.example.org"


async def status_of(world: World, **options: object) -> int:
    """With which the handshake is refused."""
    with pytest.raises(InvalidStatus) as refused:
        await world.client(**options)
    return refused.value.response.status_code


async def test_only_pages_of_allowed_origins_may_connect() -> None:
    async with door_world(allowed_origins=(OURS,)) as world:
        assert await status_of(world, origin="https://evil.example.org") == 403
        assert await status_of(world, origin="null") == 403
        for welcome in ({"origin": OURS}, {}):  # what is no browser names none
            assert (await (await world.client(**welcome)).hello(await world.token()))["type"]


async def test_law9_an_address_has_so_many_sockets_and_gets_others_when_they_close() -> None:
    async with door_world(bounds=Bounds(per_address=2)) as world:
        first, _ = await world.client(), await world.client()
        assert await status_of(world) == 429
        await first.websocket.close()
        await world.client()


async def test_law9_a_full_gateway_takes_nobody_and_those_inside_do_not_notice() -> None:
    async with door_world(bounds=Bounds(connections=1)) as world:
        client = await world.member()
        with pytest.raises((OSError, InvalidMessage)):
            await world.client()
        await client.send({"type": "ping"})
        assert (await client.receive())["type"] == "pong"


async def test_law9_a_flood_of_silent_sockets_keeps_out_only_itself() -> None:
    async with door_world(bounds=Bounds(unknown=20)) as world:
        member = await world.member()
        where = urlsplit(world.service.ws_url)
        assert where.hostname and where.port
        silent = [
            await asyncio.open_connection(where.hostname, where.port) for _ in range(60)
        ]  # not even a handshake
        late = await world.member()
        for client in (member, late):
            await client.send({"type": "ping"})
            assert (await client.receive())["type"] == "pong"
        for reader, _ in silent[:40]:
            with pytest.raises(ConnectionResetError):
                assert not await soon(reader.read(1))
                raise ConnectionResetError
        for _, writer in silent:
            writer.close()


async def test_a_slow_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.limits.HELLO_TIMEOUT_SECONDS", 0.05)
    async with door_world() as world:
        where = urlsplit(world.service.ws_url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n")
        with pytest.raises(ConnectionResetError):
            assert not await soon(reader.read(1))
            raise ConnectionResetError
        writer.close()


async def test_a_slow_tls_handshake_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes before the doorway counts anybody, so nothing else ends it."""
    monkeypatch.setattr("weft.limits.HELLO_TIMEOUT_SECONDS", 0.05)
    async with door_world(tls=TlsFiles(*certificate(tmp_path))) as world:
        where = urlsplit(world.service.ws_url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        with pytest.raises(ConnectionResetError):
            assert not await soon(reader.read(1))
            raise ConnectionResetError
        writer.close()


async def test_law9_a_stranger_has_no_room_for_many_headers() -> None:
    async with door_world() as world:
        where = urlsplit(world.service.ws_url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        header = b"X-Long: " + b"x" * 4_000 + b"\r\n"
        writer.write(
            b"GET / HTTP/1.1\r\nHost: here\r\n" + header * (HANDSHAKE_MAX_BYTES // 4_000 + 1)
        )
        with pytest.raises(ConnectionResetError):
            assert not await soon(reader.read(1))
            raise ConnectionResetError
        writer.close()
        wordy = {"Cookie": "x" * 8_000, "Via": "y" * 8_000}
        async with connect(world.service.ws_url, additional_headers=wordy, proxy=None):
            pass


async def test_law9_a_stranger_has_no_room_for_a_large_frame_and_who_is_known_has() -> None:
    async with door_world() as world:
        stranger = await world.client()
        await stranger.websocket.send("x" * (HELLO_MAX_BYTES + 1))
        await soon(stranger.websocket.wait_closed())
        assert stranger.websocket.close_code == 1009
        token = await world.token()
        at_length = await world.client()
        hello = {"type": "hello", "protocol": [1], "token": token}
        await at_length.websocket.send(orjson.dumps(hello).decode().ljust(HELLO_MAX_BYTES))
        assert (await at_length.receive())["type"] == "welcome"
        await at_length.websocket.send("x" * (HELLO_MAX_BYTES + 1))
        assert (await at_length.receive())["code"] == "malformed"


async def test_law7_a_client_that_is_limited_waits_and_sends_the_same_id_again() -> None:
    """A real client, and the limit of a real gateway: every edit is in the end committed once."""
    async with door_world(
        rates={"operations": Rate(3, 100), "cursor": Rate(1, 1), "connections": Rate(100, 1_000)}
    ) as world:
        async with weft.connect(world.service.ws_url, await world.token()) as client:
            board = await client.join(world.dashboard_id)
            for number in range(6):
                board.set(None, "title", f"{number}")
                await board.saved(60)
        sequences = []
        while not world.owner.submitted.empty():
            sequences.append(world.owner.submitted.get_nowait().sequence)
        assert sequences == [1, 2, 3, 4, 5, 6]


async def test_with_a_certificate_clients_come_by_tls_alone(tmp_path: Path) -> None:
    cert_file, key_file = certificate(tmp_path)
    async with door_world(tls=TlsFiles(cert_file, key_file)) as world:
        assert world.service.ws_url.startswith("wss://")
        trust = trusting(str(cert_file))
        async with weft.connect(world.service.ws_url, await world.token(), ssl=trust) as client:
            board = await client.join(world.dashboard_id)
            board.set(None, "title", "North")
            await board.saved(60)
        with pytest.raises(ssl.SSLError):  # who does not trust it
            await connect(world.service.ws_url, proxy=None)
        with pytest.raises((OSError, InvalidMessage)):  # who speaks in the open
            await connect(world.service.ws_url.replace("wss", "ws"), proxy=None)


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    cert_file, key_file = certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other_key = certificate(tmp_path / "other")
    for files in (
        TlsFiles(tmp_path / "nowhere", key_file),
        TlsFiles(key_file, cert_file),
        TlsFiles(cert_file, other_key),
    ):
        with pytest.raises(WeftError) as refused:
            files.context()
        assert refused.value.code == "misconfigured"
        assert "--tls-cert" in refused.value.message


async def test_no_token_is_ever_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not even when everything is logged that can be: by us, and by what we are built on."""
    caplog.set_level(logging.DEBUG)
    async with door_world() as world:
        tokens = [await world.token() for _ in range(3)]
        good, fresh, broken = tokens
        async with weft.connect(world.service.ws_url, good) as client:
            await client.join(world.dashboard_id)
        raw = await world.client()
        await raw.hello(good)
        await raw.send({"type": "authenticate", "token": fresh})
        await raw.receive()
        await raw.send({"type": "authenticate", "token": broken, "nonsense": 1})
        assert broken not in orjson.dumps(await raw.receive()).decode()
        for hello in (
            {"type": "hello", "protocol": [1], "token": f"un{broken}"},
            {"type": "hello", "protocol": [1], "token": [broken]},
            {"type": "hello", "protocol": [9], "token": broken},
        ):
            stranger = await world.client()
            await stranger.send(hello)
            assert broken not in orjson.dumps(await stranger.receive()).decode()
    said = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    assert said, "a log that is empty proves nothing"
    for token in (*tokens, ADMIN_KEY):
        assert not [record for record in said if token in _all_of(record)]


def _all_of(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {record.exc_text} {vars(record)}"
