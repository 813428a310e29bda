"""What every `Accounts` keeps, in memory and in PostgreSQL."""

from uuid import uuid4

import pytest

from tests.storage.making import Place
from weft.errors import WeftError


def code_of(raised: pytest.ExceptionInfo[WeftError]) -> str:
    return raised.value.code


async def person(place: Place):
    name = str(uuid4())
    return await place.accounts.create_user(f"{name}@example.org", name)


async def test_email_and_username_are_taken_once(place: Place):
    name, other = str(uuid4()), str(uuid4())
    await place.accounts.create_user(f"{name}@example.org", name, "Ada Lovelace")
    for email, username in ((name, other), (other, name)):
        with pytest.raises(WeftError) as raised:
            await place.accounts.create_user(f"{email}@example.org", username)
        assert code_of(raised) == "conflict"
    assert await place.accounts.create_user(f"{other}@example.org", other)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        (("e" * 256 + "@example.org", "u", None), "email"),
        (("nobody", "u", None), "email"),
        (("e@example.org", "u" * 101, None), "username"),
        (("e@example.org", "u", "n" * 256), "fullName"),
        (("e@example.org\x00", "u", None), "email"),
        (("e@example.org", "u", "\udfff"), "fullName"),
    ],
)
async def test_law7_a_user_that_could_not_be_shown_is_refused_by_name(place: Place, fields, wrong):
    with pytest.raises(WeftError) as raised:
        await place.accounts.create_user(*fields)
    assert code_of(raised) == "invalid_message"
    assert [each["field"] for each in raised.value.details["errors"]] == [wrong]


async def test_a_token_hash_finds_its_user_until_it_is_revoked(place: Place):
    token_hash = str(uuid4())
    session_id = await place.accounts.create_session(place.user_id, token_hash, 60.0)
    found = await place.accounts.find_session(token_hash)
    assert found is not None
    assert (found.session_id, found.user_id) == (session_id, place.user_id)
    assert await place.accounts.revoke_session(session_id) is True
    assert await place.accounts.revoke_session(session_id) is False
    assert await place.accounts.find_session(token_hash) is None
    assert await place.accounts.find_session(str(uuid4())) is None


async def test_a_session_that_has_expired_finds_nobody(place: Place):
    token_hash = str(uuid4())
    await place.accounts.create_session(place.user_id, token_hash, -0.001)
    assert await place.accounts.find_session(token_hash) is None


async def test_a_session_needs_a_user_and_a_hash_of_its_own(place: Place):
    with pytest.raises(WeftError) as raised:
        await place.accounts.create_session(uuid4(), str(uuid4()), 60.0)
    assert code_of(raised) == "not_found"
    token_hash = str(uuid4())
    await place.accounts.create_session(place.user_id, token_hash, 60.0)
    with pytest.raises(WeftError) as raised:
        await place.accounts.create_session(place.user_id, token_hash, 60.0)
    assert code_of(raised) == "conflict"


async def test_a_dashboard_is_made_whole(place: Place):
    dashboard_id = uuid4()
    assert await place.accounts.create_dashboard(place.user_id, "Q3", dashboard_id) == dashboard_id
    rows = await place.log.read_rows(dashboard_id)
    checkpoint = await place.log.read_checkpoint(dashboard_id, 0)
    assert rows is not None
    assert checkpoint is not None
    assert rows.state == checkpoint.state
    assert rows.state["title"] == "Q3"


async def test_a_dashboard_that_cannot_be_made_is_refused_by_name(place: Place):
    make = place.accounts.create_dashboard
    taken = await make(place.user_id, "Q3")
    for arguments, code in (
        ((place.user_id, "Q3", taken), "conflict"),
        ((uuid4(), "Q3"), "not_found"),
        ((place.user_id, "t" * 256), "limit_exceeded"),
        ((place.user_id, "\x00"), "unstorable_text"),
    ):
        with pytest.raises(WeftError) as raised:
            await make(*arguments)
        assert code_of(raised) == code


async def test_roles(place: Place):
    dashboard_id, guest, stranger = (
        await place.fresh_dashboard(),
        await person(place),
        await person(place),
    )
    role_of = place.accounts.role_of
    assert await role_of(dashboard_id, place.user_id) == "owner"
    for role in ("viewer", "editor", "admin", "viewer"):
        await place.accounts.share(dashboard_id, guest, role)
        assert await role_of(dashboard_id, guest) == role
    assert await role_of(dashboard_id, stranger) is None
    assert await role_of(uuid4(), place.user_id) is None


async def test_sharing_names_a_role_a_user_and_a_dashboard_that_exist(place: Place):
    dashboard_id = await place.fresh_dashboard()
    for arguments, code in (
        ((dashboard_id, place.user_id, "god"), "invalid_message"),
        ((dashboard_id, uuid4(), "editor"), "not_found"),
        ((uuid4(), place.user_id, "editor"), "not_found"),
        ((dashboard_id, place.user_id, "editor"), "conflict"),  # who owns it shares it already
    ):
        with pytest.raises(WeftError) as raised:
            await place.accounts.share(*arguments)
        assert code_of(raised) == code
