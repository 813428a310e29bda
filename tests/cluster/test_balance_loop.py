"""What is decided is carried out, now and then; what fails is tried again later."""

from typing import Any
from uuid import UUID

from cluster.balance import REST_SECONDS, Relocation
from cluster.balance_loop import BALANCE_EVERY_SECONDS, Rebalancer

HOT = [UUID(int=number) for number in range(4)]


class Fleet:
    def __init__(self) -> None:
        self.places = dict.fromkeys(HOT, "owner-0")
        self.asked = 0
        self.is_broken = False

    def ask(self) -> dict[str, dict[str, Any]]:
        self.asked += 1
        return {
            owner: {
                "hot": [
                    {"dashboardId": str(each), "operationsPerSecond": 30.0}
                    for each, place in self.places.items()
                    if place == owner
                ]
            }
            for owner in ("owner-0", "owner-1")
        }

    def move(self, wanted: list[Relocation]) -> list[Relocation]:
        if self.is_broken:
            return []
        for each in wanted:
            assert self.places[each.dashboard_id] == each.giver
            self.places[each.dashboard_id] = each.taker
        return wanted


def test_hot_dashboards_are_shared_out_one_at_a_time() -> None:
    fleet = Fleet()
    rebalancer = Rebalancer(fleet.ask, fleet.move)
    [news] = rebalancer.step(0.0)
    assert "has moved from owner-0 to owner-1" in news
    assert rebalancer.step(BALANCE_EVERY_SECONDS - 0.1) == []
    assert fleet.asked == 1
    assert rebalancer.step(BALANCE_EVERY_SECONDS) != []
    assert sorted(fleet.places.values()) == ["owner-0", "owner-0", "owner-1", "owner-1"]
    assert rebalancer.step(2 * BALANCE_EVERY_SECONDS) == []


def test_a_move_that_fails_is_decided_anew_later() -> None:
    fleet = Fleet()
    fleet.is_broken = True
    rebalancer = Rebalancer(fleet.ask, fleet.move)
    assert rebalancer.step(0.0) == []
    assert set(fleet.places.values()) == {"owner-0"}
    fleet.is_broken = False
    assert rebalancer.step(REST_SECONDS + 1) != []
