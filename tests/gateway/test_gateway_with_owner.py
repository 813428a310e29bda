"""Law 7 through a real owner: what only the owner can refuse is refused for that id alone."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.gateway.owned_world import OwnedWorld


def submit(dashboard_id: UUID, sequence: int, *operations: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "submit",
        "dashboardId": str(dashboard_id),
        "sequence": sequence,
        "baseVersion": 0,
        "operations": list(operations),
    }


REFUSED = {
    "beyond the text": (
        {"type": "insert", "path": ["title"], "position": 400, "value": "x"},
        "out_of_range",
    ),
    "beyond the text, deleting": (
        {"type": "delete", "path": ["title"], "position": 3, "length": 400},
        "out_of_range",
    ),
    "a missing widget": (
        {
            "type": "insert",
            "targetId": str(uuid4()),
            "path": ["config", "text"],
            "position": 0,
            "value": "x",
        },
        "target_missing",
    ),
    "a path that does not exist": (
        {"type": "update", "path": ["settings", "a", "b"], "value": 1},
        "invalid_path",
    ),
    "a title that is too long": (
        {"type": "insert", "path": ["title"], "position": 0, "value": "x" * 400},
        "limit_exceeded",
    ),
}


async def test_law7_what_the_document_refuses_is_rejected_and_the_next_good_one_commits(
    owned: OwnedWorld,
) -> None:
    ann, bob = await owned.client(), await owned.client()
    for client in (ann, bob):
        assert (await client.join(owned.dashboard_id))["type"] == "joined"
    for sequence, (operation, code) in enumerate(REFUSED.values(), start=1):
        await ann.send(submit(owned.dashboard_id, sequence, operation))
        rejected = await ann.receive()
        assert (rejected["type"], rejected["sequence"]) == ("rejected", sequence)
        assert rejected["code"] == code
    good = {"type": "insert", "path": ["title"], "position": 5, "value": "!"}
    await ann.send(submit(owned.dashboard_id, 100, good))
    for client in (ann, bob):
        committed = await client.receive()
        assert (committed["type"], committed["submissions"][0]["version"]) == ("committed", 1)


@pytest.mark.parametrize("place", ["unknown", "foreign"])
async def test_law7_a_dashboard_that_is_not_theirs_is_refused_like_one_that_is_not_there(
    owned: OwnedWorld, place: str
) -> None:
    stranger_id = await owned.accounts.create_user("eve@example.org", "eve")
    stranger = await owned.client(stranger_id)
    dashboard_id = owned.dashboard_id if place == "foreign" else uuid4()
    ended = await stranger.join(dashboard_id)
    assert (ended["type"], ended["code"]) == ("ended", "unknown_dashboard")
    await stranger.send(
        submit(dashboard_id, 1, {"type": "update", "path": ["description"], "value": "mine"})
    )
    rejected = await stranger.receive()
    assert (rejected["type"], rejected["code"]) == ("rejected", "not_joined")


async def test_a_late_joiner_gets_what_was_committed(owned: OwnedWorld) -> None:
    ann = await owned.client()
    await ann.join(owned.dashboard_id)
    edit = {"type": "update", "path": ["description"], "value": "said before"}
    await ann.send(submit(owned.dashboard_id, 1, edit))
    assert (await ann.receive())["type"] == "committed"
    joined = await (await owned.client()).join(owned.dashboard_id)
    assert joined["version"] == 1
    assert joined["snapshot"]["version"] + len(joined["submissions"]) == 1
