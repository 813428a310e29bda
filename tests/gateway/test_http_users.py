"""Accounts over HTTP: what the host product may do, what users may, and what nobody is told."""

from uuid import uuid4

import pytest

from tests.gateway.http_world import HttpWorld, all_of, problem, refused
from weft.models import UserCreate, UserPatch

pytestmark = pytest.mark.store


async def test_the_host_product_makes_finds_changes_and_deletes_users(api: HttpWorld) -> None:
    name = f"a{uuid4().hex}"
    user = await api.host.users.create(
        UserCreate(email=f"{name}@example.org", username=name, metadata={"plan": None})
    )
    assert await api.host.users.read(user.id) == user
    assert await api.host.users.find(email=user.email) == user
    assert await api.host.users.find(username=name) == user
    assert await api.host.users.find(username=name + "x") is None
    assert await all_of(api.host.users.all(begins=name.upper())) == [user]
    changed = await api.host.users.change(user.id, UserPatch(full_name="Ann O.", is_active=False))
    assert (changed.full_name, changed.is_active, changed.username) == ("Ann O.", False, name)
    assert await all_of(api.host.users.all(begins=name, is_active=True)) == []
    await api.host.users.delete(user.id)
    assert (await refused(api.host.users.read(user.id))).code == "not_found"
    assert (await refused(api.host.users.delete(user.id))).code == "not_found"


async def test_lists_are_read_page_by_page(api: HttpWorld) -> None:
    begins = f"page{uuid4().hex[:8]}"
    names = [f"{begins}-{number}" for number in range(5)]
    for name in names:
        await api.host.users.create(UserCreate(email=f"{name}@example.org", username=name))
    found, after = [], None
    raw = api.raw()
    for _ in range(3):
        query = {"begins": begins, "limit": 2} | ({"after": after} if after else {})
        page = (await raw.get("/api/users", params=query)).json()
        found += [user["username"] for user in page["items"]]
        after = page.get("nextCursor")
    assert (found, after) == (names, None)


async def test_who_is_taken_is_told_by_field(api: HttpWorld) -> None:
    ann = await api.person()
    same_name = UserCreate(email=f"{uuid4().hex}@example.org", username=ann.user.username)
    error = await refused(api.host.users.create(same_name))
    assert (error.code, error.details["field"]) == ("conflict", "username")


async def test_users_see_and_name_themselves_and_nobody_else(api: HttpWorld) -> None:
    ann, bob = await api.person(), await api.person()
    assert (await ann.api.users.me()).id == ann.id
    named = await ann.api.users.change(ann.id, UserPatch(full_name="Ann O."))
    assert (await ann.api.users.read(ann.id)) == named
    assert (await refused(ann.api.users.read(bob.id))).code == "not_found"
    stolen = ann.api.users.change(bob.id, UserPatch(full_name="Mine"))
    assert (await refused(stolen)).code == "not_found"
    for patch in (UserPatch(username="root"), UserPatch(is_active=True)):
        assert (await refused(ann.api.users.change(ann.id, patch))).code == "forbidden"
    other = UserCreate(email="x@example.org", username="x")
    assert (await refused(ann.api.users.create(other))).code == "forbidden"
    assert (await refused(all_of(ann.api.users.all()))).code == "forbidden"
    assert (await refused(ann.api.users.delete(ann.id))).code == "forbidden"
    assert (await refused(api.host.users.me())).code == "forbidden"


async def test_a_change_can_be_bound_to_what_was_seen(api: HttpWorld) -> None:
    ann = await api.person()
    seen = await ann.api.users.me()
    new = await ann.api.users.change(ann.id, UserPatch(full_name="Ann"), seen)
    error = await refused(ann.api.users.change(ann.id, UserPatch(full_name="Anna"), seen))
    assert error.code == "conflict"
    assert (
        await ann.api.users.change(ann.id, UserPatch(full_name="Anna"), new)
    ).full_name == "Anna"


@pytest.mark.parametrize(("tag", "status"), [('"x"', 412), ('W/"x", "y"', 412), ("*", 200)])
async def test_if_match_names_tags(api: HttpWorld, tag: str, status: int) -> None:
    ann = await api.person()
    body, raw = {"fullName": "Ann"}, api.raw(ann.token)
    answer = await raw.patch(f"/api/users/{ann.id}", json=body, headers={"If-Match": tag})
    assert answer.status_code == status
    if status == 412:
        problem(answer, 412, "conflict")
        right = {"If-Match": f'"x", {(await raw.get("/api/users/me")).headers["etag"]}'}
        answer = await raw.patch(f"/api/users/{ann.id}", json=body, headers=right)
        assert answer.status_code == 200


async def test_law7_an_if_match_that_is_no_list_of_tags_is_refused(api: HttpWorld) -> None:
    ann = await api.person()
    headers = {"If-Match": "7"}
    answer = await api.raw().patch(f"/api/users/{ann.id}", json={}, headers=headers)
    problem(answer, 400, "invalid_message")
