"""Log, checkpoints, who is online and the audit trail, over HTTP."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.gateway.gateway_world import soon
from tests.gateway.http_world import HttpWorld, Person, all_of, problem, refused
from weft.errors import WeftError
from weft.models import Dashboard, DashboardPatch, SessionCreate, UserPatch

pytestmark = pytest.mark.store


async def retitled(api: HttpWorld, times: int) -> tuple[Person, Dashboard]:
    ann = await api.person()
    dashboard = await api.dashboard(ann)
    for number in range(1, times + 1):
        await ann.api.dashboards.change(dashboard.id, DashboardPatch(title=str(number)))
    return ann, dashboard


async def test_the_log_is_read_from_any_version_page_by_page(api: HttpWorld) -> None:
    ann, dashboard = await retitled(api, 3)
    submissions = await all_of(ann.api.history.operations(dashboard.id))
    assert [each.version for each in submissions] == [1, 2, 3]
    assert {each.user_id for each in submissions} == {ann.id}
    assert submissions[2].operations == [
        {"type": "update", "path": ["title"], "value": "3", "oldValue": "2"}
    ]
    later = await all_of(ann.api.history.operations(dashboard.id, 2))
    assert [each.version for each in later] == [3]
    raw, path = api.raw(ann.token), f"/api/dashboards/{dashboard.id}/operations"
    page = (await raw.get(path, params={"version": 0, "limit": 2})).json()
    assert (len(page["submissions"]), page["headVersion"], page["nextVersion"]) == (2, 3, 2)
    page = (await raw.get(path, params={"version": 3})).json()
    assert (page["submissions"], page.get("nextVersion")) == ([], None)
    problem(await raw.get(path, params={"version": 4}), 409, "future_version")
    for version in (-1, 2**31, 2**63, "x"):
        problem(await raw.get(path, params={"version": version}), 400, "invalid_message")


async def test_values_that_are_null_stay_in_the_log(api: HttpWorld) -> None:
    ann, dashboard = await retitled(api, 0)
    await ann.api.dashboards.change(dashboard.id, DashboardPatch(description="x"))
    await ann.api.dashboards.change(dashboard.id, DashboardPatch(description=None))
    [first, last] = await all_of(ann.api.history.operations(dashboard.id))
    assert (first.operations[0]["oldValue"], last.operations[0]["value"]) == (None, None)


async def test_checkpoints_hold_the_whole_state(api: HttpWorld) -> None:
    ann, dashboard = await retitled(api, 1)
    assert await ann.api.history.checkpoints(dashboard.id) == (0,)
    state = (await ann.api.history.checkpoint(dashboard.id, 0)).state
    assert state == {
        "title": "Sales", "description": None, "settings": {}, "layout": [], "widgets": {}
    }  # fmt: skip
    missing = ann.api.history.checkpoint(dashboard.id, 1)
    assert (await refused(missing)).code == "not_found"


async def test_who_is_online_is_told_once_for_all_their_tabs(api: HttpWorld) -> None:
    ann, dashboard = await retitled(api, 0)
    bob = await api.member(dashboard, "viewer")
    assert await ann.api.history.online(dashboard.id) == ()
    async with AsyncExitStack() as stack:
        for person in (ann, ann, bob):
            await api.board(person, dashboard, stack)
        await soon(_told(ann, dashboard, {ann.id, bob.id}))
    await soon(_told(ann, dashboard, set()))


async def _told(person: Person, dashboard: Dashboard, expected: set[UUID]) -> None:
    """The directory hears of it off the editing path."""
    while {each.id for each in await person.api.history.online(dashboard.id)} != expected:
        pass


async def test_the_trail_is_filtered_and_paged_newest_first(api: HttpWorld) -> None:
    ann, dashboard = await retitled(api, 0)
    for archived in (True, False, True):
        await ann.api.dashboards.change(dashboard.id, DashboardPatch(is_archived=archived))
    whole = await all_of(api.host.audit.entries(dashboard_id=dashboard.id))
    assert [each.action for each in whole] == [
        "dashboard.archived",
        "dashboard.restored",
        "dashboard.archived",
        "dashboard.created",
    ]
    assert {each.user_id for each in whole} == {ann.id}
    assert (whole[0].old_values, whole[0].new_values) == (
        {"isArchived": False},
        {"isArchived": True},
    )
    of_ann = api.host.audit.entries(user_id=ann.id, action="dashboard.restored")
    assert [each.id for each in await all_of(of_ann)] == [whole[1].id]
    between = api.host.audit.entries(
        dashboard_id=dashboard.id, since=whole[2].created_at, until=whole[0].created_at
    )
    assert [each.id for each in await all_of(between)] == [whole[1].id, whole[2].id]
    raw = api.raw()
    query = {"dashboardId": str(dashboard.id), "limit": "3"}
    first = (await raw.get("/api/audit", params=query)).json()
    rest = (await raw.get("/api/audit", params=query | {"after": first["nextCursor"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [str(e.id) for e in whole]
    assert await all_of(ann.api.audit.entries(dashboard_id=dashboard.id)) == whole


async def test_the_trail_names_who_was_changed_and_holds_no_secret(api: HttpWorld) -> None:
    ann = await api.person()
    opened = await api.host.sessions.open(SessionCreate(user_id=ann.id))
    await api.host.users.change(ann.id, UserPatch(full_name="Ann"))
    entries = await all_of(api.host.audit.entries(entity_type="session", entity_id=opened.id))
    assert [(each.action, each.user_id) for each in entries] == [("session.opened", None)]
    assert opened.token not in entries[0].model_dump_json()
    [changed] = await all_of(api.host.audit.entries(entity_id=ann.id, action="user.changed"))
    assert changed.new_values == {"fullName": "Ann"}


async def test_a_time_must_say_its_zone(api: HttpWorld) -> None:
    now = datetime.now(UTC) + timedelta(days=1)
    assert await all_of(api.host.audit.entries(since=now)) == []
    for bad in ("2026-01-01T00:00:00", "yesterday", "1700000000"):
        answer = await api.raw().get("/api/audit", params={"since": bad})
        told = problem(answer, 400, "invalid_message")
        assert told["errors"][0]["field"] == "since"
    assert await all_of(api.host.audit.entries(dashboard_id=uuid4())) == []


async def test_retention_is_told_with_where_the_log_begins(
    api: HttpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, dashboard = await retitled(api, 0)

    async def cut_short(*_: object) -> None:
        raise WeftError("conflict", startVersion=7)

    monkeypatch.setattr(type(api.stores.queries), "operations_since", cut_short)
    path = f"/api/dashboards/{dashboard.id}/operations"
    told = problem(await api.raw(ann.token).get(path), 409, "conflict")
    assert told["startVersion"] == 7
