"""Law 8 as weft chaos judges it: who is believed to be there, and where, for how long."""

from typing import Any

from cluster.chaos.attendance import TRUE_WITHIN_SECONDS
from cluster.chaos.checker import check
from cluster.chaos.history import Event, What
from cluster.chaos.violation import Violation
from tests.chaos.histories import USERS, Told

LAST = {"lastSequence": 0, "lastVersion": 0}
Entry = dict[str, Any]


def here(*clients: str, x: int | None = None) -> list[Entry]:
    cursor = None if x is None else {"x": x, "y": 0, "path": None}
    return [
        {"connectionId": f"of {client}", "userId": str(USERS[client]), "cursor": cursor}
        for client in clients
    ]


def a_day_with_presence() -> Told:
    """Ann is there, then bob, and both know."""
    told = Told()
    for client in ("ann", "bob"):
        told.hears(client, type="welcome", connectionId=f"of {client}")
    told.hears("ann", type="joined", version=0, submissions=[], **LAST, roster=here("ann"))
    told.hears("bob", type="joined", version=0, submissions=[], **LAST, roster=here("ann", "bob"))
    told.hears("ann", type="presence", changed=here("bob"), left=[])
    return told


def found_after(told: Told, seconds: float, **other: Any) -> list[Violation]:
    told.passes(seconds)
    return check(told.history(**other))


def only(found: list[Violation]) -> Violation:
    [violation] = found
    assert violation.law == 8
    return violation


def test_who_is_told_of_everybody_breaks_no_law() -> None:
    assert found_after(a_day_with_presence(), 100) == []


def test_law8_somebody_who_is_there_and_not_told_of_is_found_when_time_is_up() -> None:
    told = a_day_with_presence()
    told.hears("ann", type="roster", roster=here("ann"))
    assert found_after(told, TRUE_WITHIN_SECONDS - 1) == []
    violation = only(found_after(told, 2))
    assert violation.client == "ann"
    assert "not told that bob is there" in violation.why


def test_law8_who_is_never_told_of_anybody_is_found() -> None:
    told = a_day_with_presence()
    told.hears("ann", type="joined", version=0, submissions=[], **LAST)
    assert {each.client for each in found_after(told, TRUE_WITHIN_SECONDS + 1)} == {"ann"}


def comes_back(told: Told, client: str, new_id: str) -> None:
    """On another socket; ann is told of the new connection, and not that the old one is gone."""
    told.events.append(Event(told.passes(), client, What.CLOSED))
    told.events.append(Event(told.passes(), client, What.OPENED))
    told.hears(client, type="welcome", connectionId=new_id)
    entry = {**here(client)[0], "connectionId": new_id}
    roster = [*here("ann"), entry]
    told.hears(client, type="joined", version=0, submissions=[], **LAST, roster=roster)
    told.hears("ann", type="presence", changed=[entry], left=[])


def test_law8_a_ghost_is_found() -> None:
    told = a_day_with_presence()
    comes_back(told, "bob", "of bob again")
    assert found_after(told, TRUE_WITHIN_SECONDS - 1) == []
    violation = only(found_after(told, 2))
    assert violation.client == "ann"
    assert "a connection of bob that is gone" in violation.why


def test_law8_a_ghost_that_has_gone_too_late_is_found_with_its_time() -> None:
    for seconds, count in ((TRUE_WITHIN_SECONDS + 1, 1), (TRUE_WITHIN_SECONDS - 1, 0)):
        told = a_day_with_presence()
        comes_back(told, "bob", "of bob again")
        told.passes(seconds)
        told.hears("ann", type="presence", changed=[], left=["of bob"])
        found = found_after(told, 100)
        assert len(found) == count
        assert all(violation.at == told.events[-1].at for violation in found)


def test_law8_time_counts_from_when_nobody_was_hit_any_more() -> None:
    told = a_day_with_presence()
    told.hears("ann", type="roster", roster=here("ann"))
    told.passes(100)
    assert found_after(told, 0, calm_at=told.now) == []
    assert only(found_after(told, TRUE_WITHIN_SECONDS + 1, calm_at=told.now)).client == "ann"


def test_law8_who_has_left_in_order_is_a_ghost_like_any_other() -> None:
    told = a_day_with_presence()
    told.says("bob", type="leave")
    assert "gone" in only(found_after(told, TRUE_WITHIN_SECONDS + 1)).why


def test_law8_who_was_shut_out_is_not_there_though_its_socket_is() -> None:
    told = a_day_with_presence()
    told.hears("bob", type="ended", code="forbidden")
    told.hears("ann", type="presence", changed=[], left=["of bob"])
    assert found_after(told, 100) == []


def points(told: Told, client: str, x: int) -> None:
    told.says(client, type="presence", cursor={"x": x, "y": 0})


def test_law8_a_cursor_that_stays_elsewhere_is_found() -> None:
    told = a_day_with_presence()
    for x in (1, 2):
        points(told, "bob", x)
        told.hears("ann", type="presence", changed=here("bob", x=1), left=[])
        told.hears("bob", type="presence", changed=here("bob", x=x), left=[])
    assert found_after(told, TRUE_WITHIN_SECONDS - 1) == []
    violation = only(found_after(told, 2))
    assert "ann is told that bob is elsewhere" in violation.why


def test_law8_a_cursor_that_moves_all_the_time_is_late_and_not_false() -> None:
    told = a_day_with_presence()
    for x in range(100):
        points(told, "bob", x)
        told.passes(1)
        for client in ("ann", "bob"):
            told.hears(client, type="presence", changed=here("bob", x=max(x - 1, 0)), left=[])
    for client in ("ann", "bob"):
        told.hears(client, type="presence", changed=here("bob", x=99), left=[])
    assert found_after(told, 100) == []


def test_law8_somebody_under_another_name_is_found() -> None:
    told = a_day_with_presence()
    entry = {**here("bob")[0], "userId": str(USERS["ann"])}
    told.hears("ann", type="presence", changed=[entry], left=[])
    assert "elsewhere" in only(found_after(told, TRUE_WITHIN_SECONDS + 1)).why
