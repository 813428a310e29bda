"""Sessions over HTTP: opened by the host product, or by a token that it has signed; and ended."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from websockets.asyncio.client import connect

from gateway.service import GatewayService, GatewaySettings
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, TOKEN_RULES, Client
from tests.gateway.http_world import HttpWorld, all_of, problem, refused
from weft.models import DeviceInfo, SessionCreate, UserPatch
from weft.models.address import parse_address

pytestmark = pytest.mark.store


def signed(subject: UUID, **claims: Any) -> str:
    whole = {"sub": str(subject), "aud": "weft", "iss": "host", "exp": time.time() + 600}
    return jwt.encode(whole | claims, TOKEN_RULES.key, "HS256")


async def test_only_the_hash_of_a_token_is_kept(api: HttpWorld) -> None:
    ann = await api.person()
    device = DeviceInfo(platform="Linux", is_mobile=False)
    asked = SessionCreate(
        user_id=ann.id, device_info=device, ip_address=parse_address("192.0.2.1"), ttl_seconds=60
    )
    session = await api.host.sessions.open(asked)
    assert len(session.token) >= 43
    found = await api.stores.identity.sessions.find_session(
        hashlib.sha256(session.token.encode()).hexdigest()
    )
    assert found is not None
    assert (found.session_id, found.user_id) == (session.id, ann.id)
    assert (session.device_info, str(session.ip_address)) == (device, "192.0.2.1")
    told = await ann.api.sessions.read(session.id)
    assert session.token not in told.model_dump_json()


async def test_a_user_lists_and_ends_their_own_sessions_and_no_others(api: HttpWorld) -> None:
    ann, bob = await api.person(), await api.person()
    other = await api.host.sessions.open(SessionCreate(user_id=ann.id))
    assert [each.id for each in await all_of(ann.api.sessions.all())] == [other.id, ann.session_id]
    assert (await ann.api.sessions.current()).id == ann.session_id
    assert (await refused(bob.api.sessions.read(other.id))).code == "not_found"
    assert (await refused(bob.api.sessions.end(other.id))).code == "not_found"
    assert (await refused(all_of(bob.api.sessions.all(ann.id)))).code == "not_found"
    assert (await refused(bob.api.sessions.end_all(ann.id))).code == "not_found"
    ended = await ann.api.sessions.end(other.id)
    assert not ended.is_active
    assert (await refused(api.client(other.token).users.me())).code == "unauthenticated"
    assert [each.id for each in await all_of(ann.api.sessions.all())] == [ann.session_id]
    assert len(await all_of(ann.api.sessions.all(ended=True))) == 2


async def test_all_sessions_end_at_once_but_one(api: HttpWorld) -> None:
    ann = await api.person()
    others = [await api.host.sessions.open(SessionCreate(user_id=ann.id)) for _ in range(2)]
    ended = await ann.api.sessions.end_all(keep=ann.session_id)
    assert set(ended) == {each.id for each in others}
    assert (await ann.api.users.me()).id == ann.id
    assert await api.host.sessions.end_all(ann.id) == (ann.session_id,)
    assert (await refused(ann.api.users.me())).code == "unauthenticated"


async def test_the_host_product_says_whose(api: HttpWorld) -> None:
    ann = await api.person()
    assert [each.id for each in await all_of(api.host.sessions.all(ann.id))] == [ann.session_id]
    error = await refused(all_of(api.host.sessions.all()))
    assert error.details["errors"][0]["field"] == "userId"
    opening = ann.api.sessions.open(SessionCreate(user_id=ann.id))
    assert (await refused(opening)).code == "forbidden"
    unknown = api.host.sessions.open(SessionCreate(user_id=uuid4()))
    assert (await refused(unknown)).code == "not_found"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer " + "x" * 9_000},
        {"Authorization": "Basic Zm9vOmJhcg=="},
        {"Authorization": "x"},
    ],
)
async def test_without_a_good_token_nothing_is_answered(
    api: HttpWorld, headers: dict[str, str]
) -> None:
    raw = api.raw()
    del raw.headers["authorization"]
    for method, path in (("GET", "/api/users/me"), ("POST", "/api/users"), ("GET", "/api/audit")):
        answer = await raw.request(method, path, headers=headers)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


# --- tokens that the host product has signed ----------------------------------------------------


async def test_a_signed_token_opens_a_session_that_can_be_seen_and_revoked(api: HttpWorld) -> None:
    ann = await api.person()
    token = signed(ann.id)
    client = api.client(token)
    assert (await client.users.me()).id == ann.id
    session = await client.sessions.current()
    assert (await client.sessions.current()).id == session.id  # one, however often it is shown
    assert session.device_info.user_agent is not None
    assert (session.expires_at - datetime.now(UTC)).total_seconds() <= 600
    await ann.api.sessions.end(session.id)
    assert (await refused(client.users.me())).code == "unauthenticated"
    assert (await api.client(signed(ann.id, jti="another")).users.me()).id == ann.id


async def test_a_signed_token_is_as_good_on_a_socket(api: HttpWorld) -> None:
    ann = await api.person()
    token = signed(ann.id)
    async with connect(api.service.ws_url, proxy=None) as socket:
        assert (await Client(socket).hello(token))["userId"] == str(ann.id)
    for bad in (signed(ann.id, aud="another"), signed(uuid4()), "a.b.c"):
        async with connect(api.service.ws_url, proxy=None) as socket:
            told = await Client(socket).hello(bad)
            assert (told["type"], told["code"]) == ("error", "unauthenticated")


async def test_a_subject_seen_first_becomes_a_user_if_that_is_wanted(api: HttpWorld) -> None:
    subject, name = uuid4(), f"j{uuid4().hex}"
    token = signed(subject, email=f"{name}@example.org", preferred_username=name, name="Jo")
    user = await api.client(token).users.me()
    assert (user.id, user.username, user.full_name) == (subject, name, "Jo")
    nameless = await refused(api.client(signed(uuid4())).users.me())
    assert nameless.code == "unauthenticated"
    taken = signed(uuid4(), email=f"{name}@example.org", preferred_username="other")
    assert (await refused(api.client(taken).users.me())).code == "unauthenticated"


async def test_who_is_not_active_has_no_session_with_any_token(api: HttpWorld) -> None:
    ann = await api.person()
    client = api.client(signed(ann.id))
    await client.users.me()
    await api.host.users.change(ann.id, UserPatch(is_active=False))
    assert (await refused(client.users.me())).code == "unauthenticated"
    assert (await refused(ann.api.users.me())).code == "unauthenticated"
    fresh = api.client(signed(ann.id, jti="another"))
    assert (await refused(fresh.users.me())).code == "unauthenticated"


async def test_nobody_is_believed_to_speak_for_another_address(api: HttpWorld) -> None:
    """Not even on the loopback interface, unless it is named as a proxy."""
    ann = await api.person()
    settings = GatewaySettings("gateway-2", LINK_SECRET, ADMIN_KEY)
    other = GatewayService(settings, api.stores.identity.sessions, api.directory, api.stores)
    await other.start()
    try:
        raw, headers = api.raw(ann.token), {"X-Forwarded-For": "203.0.113.9"}
        url = f"{other.http_url}/api/users/{ann.id}"
        await raw.patch(url, json={"fullName": "A"}, headers=headers)
    finally:
        await other.stop()
    [entry] = await all_of(api.host.audit.entries(user_id=ann.id, action="user.changed"))
    assert str(entry.ip_address) == "127.0.0.1"


async def test_the_address_past_our_proxies_is_in_the_trail(api: HttpWorld) -> None:
    ann = await api.person()
    headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "User-Agent": "a browser"}
    await api.raw(ann.token).patch(
        "/api/users/" + str(ann.id), json={"fullName": "A"}, headers=headers
    )
    [entry] = await all_of(api.host.audit.entries(user_id=ann.id, action="user.changed"))
    assert (str(entry.ip_address), entry.user_agent) == ("203.0.113.9", "a browser")
