"""The nemesis decides by its seed alone; editors find edits on whatever is there."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cluster.chaos.edits import Turn, new_widget, next_edit
from cluster.chaos.faults_service import FAULTS
from cluster.chaos.history import Blow
from cluster.chaos.recovery import pauses, saves, summary
from cluster.chaos.schedule import FIRST_SECONDS, Strike, schedule
from tests.chaos.histories import LEDGER, START, an_ordinary_day
from weft.ot import apply

LASTS = {name: fault.lasts for name, fault in FAULTS.items()}


def planned(seed: int, seconds: float = 30.0, faults: list[str] | None = None) -> list[Strike]:
    return schedule(
        random.Random(seed).random, seconds, {name: LASTS[name] for name in faults or LASTS}
    )


def test_a_seed_is_a_schedule() -> None:
    assert planned(7) == planned(7)
    assert planned(7) != planned(8)


@given(seed=st.integers(0, 2**32), seconds=st.floats(3.5, 60.0))
def test_blows_fall_in_order_within_the_run_and_last_as_long_as_their_kind_does(
    seed: int, seconds: float
) -> None:
    strikes = planned(seed, seconds)
    assert strikes
    assert strikes[0].at == FIRST_SECONDS
    assert all(before.at <= after.at for before, after in pairwise(strikes))
    for strike in strikes:
        shortest, longest = LASTS[strike.fault]
        assert shortest <= strike.lasts <= longest
        assert 0 <= strike.lot < 1


def test_all_faults_come_and_some_meet_each_other() -> None:
    runs = [planned(seed) for seed in range(100)]
    assert {strike.fault for run in runs for strike in run} == FAULTS.keys()
    met = {
        (first.fault, second.fault)
        for run in runs
        for first, second in pairwise(run)
        if second.at < first.at + first.lasts
    }
    assert len(met) > 50


def test_only_what_was_chosen_falls() -> None:
    assert {each.fault for each in planned(1, 60, ["owner-kill"])} == {"owner-kill"}
    assert planned(1, 2.9) == []


@given(st.integers(0, 2**32))
def test_law16_every_edit_is_possible_and_its_words_stay_whole(seed: int) -> None:
    chance = random.Random(seed).random
    document = START
    for number in range(60):
        word = f"[ann:{number + 1}]"
        turn = Turn(document, LEDGER, word, f"00000000-0000-4000-8000-{number:012}", chance)
        document = apply(document, [next_edit(turn)])
    assert LEDGER in document
    words = str(document.value_at(LEDGER, ("config", "text"))).replace("][", "] [").split()
    assert len(set(words)) == len(words)


def test_new_widgets_differ() -> None:
    chance = random.Random(1).random
    assert new_widget(chance) != new_widget(chance)


# --- recovery ------------------------------------------------------------------------------------


def test_a_pause_is_the_longest_wait_of_an_editor_from_the_blow_on() -> None:
    blow = Blow("owner-kill", 100.0, 100.0)
    steady = [99.0, 99.8, 102.5, 102.6]
    quick = [99.9, 100.1, 100.2]
    assert pauses([blow], [steady, quick]) == [("owner-kill", 2.5)]


def test_a_pause_counts_from_the_mending_where_nobody_could_commit_before() -> None:
    blow = Blow("postgres-restart", 100.0, 103.0, stops_all=True)
    assert pauses([blow], [[99.9, 103.5]]) == [("postgres-restart", 0.5)]


def test_a_pause_after_the_next_blow_is_not_of_this_one() -> None:
    blows = [Blow("client-cut", 100.0, 100.0), Blow("owner-kill", 105.0, 105.0)]
    assert pauses(blows, [[99.5, 100.5, 104.5, 109.0]]) == [
        ("client-cut", 4.0),
        ("owner-kill", 4.0),
    ]


def test_who_was_not_saving_when_it_struck_does_not_count() -> None:
    blow = Blow("client-echo", 100.0, 101.0)
    assert pauses([blow], [[95.0, 103.0], [99.9, 100.2]])[0][1] < 0.3


def test_blows_that_meet_are_nobodys() -> None:
    blows = [Blow("owner-pause", 100.0, 105.0), Blow("client-cut", 102.0, 102.0)]
    assert pauses(blows, [[99.0, 110.0]]) == []


def test_saves_are_what_an_author_was_shown_of_its_own() -> None:
    history = an_ordinary_day().history()
    times = saves(history, ["ann"])
    assert len(times["ann"]) == 3
    assert times["ann"] == sorted(times["ann"])


def test_a_summary_names_the_median_and_the_longest() -> None:
    told = summary([("owner-kill", 1.0), ("owner-kill", 3.0), ("owner-kill", 2.0)])
    assert told == {"owner-kill": {"count": 3, "p50_seconds": 2.0, "max_seconds": 3.0}}
