"""Law 7 and law 10: a short, seeded part of what `make fuzz` does for ever."""

import pytest

from tests.gateway.hostile_client import HostileClient
from tests.gateway.owned_world import OwnedWorld
from tests.gateway.wire_fuzz import prepared
from weft import limits

SEEDS = range(90)
PROVOKED = {
    "welcome", "joined", "committed", "pong", "acknowledged", "error malformed",
    "error invalid_message", "rejected not_joined", "rejected id_reused", "ended unknown_dashboard",
    "rejected invalid_message", "rejected future_version", "closed 1000", "closed 1003",
    "closed 4400", "ended left",
}  # fmt: skip


async def test_law7_whatever_is_sent_is_answered_as_documented_and_nothing_is_logged(
    owned: OwnedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FEED_IDLE_SECONDS", 0.1)  # then nothing of a feed is left either
    fuzzer = await prepared(owned)
    for seed in SEEDS:
        await fuzzer.run(seed)
    await fuzzer.check_nothing_is_left()
    assert fuzzer.outcomes.keys() >= PROVOKED, "clients so tame prove little"


def test_a_hostile_client_says_the_same_again() -> None:
    once, again = (HostileClient(5, [], "w") for _ in range(2))
    assert [once.frame() for _ in range(50)] == [again.frame() for _ in range(50)]
