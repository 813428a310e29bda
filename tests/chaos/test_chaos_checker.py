"""The checker as a whole: what keeps the laws passes, and a violation is told with its story. Each
way of breaking a law, and what comes near it, stands in the test of its room.
"""

from cluster.chaos.checker import check
from cluster.chaos.history import Blow
from cluster.chaos.story import tell
from tests.chaos.histories import BOB, an_ordinary_day


def test_an_ordinary_day_breaks_no_law() -> None:
    assert check(an_ordinary_day().history()) == []


def test_a_snapshot_of_its_version_breaks_no_law() -> None:
    told = an_ordinary_day()
    state = told.history().endings[0].document.to_json()
    told.join("ann", 6, snapshot={"version": 6, "state": state}, lastSequence=3, lastVersion=5)
    told.edits("ann", 4)
    assert check(told.history()) == []


def test_the_earliest_violation_comes_first_and_what_shows_at_the_end_last() -> None:
    told = an_ordinary_day()
    told.hears("ann", type="acknowledged", sequence=3, version=4)
    told.passes()
    told.hears("bob", type="acknowledged", sequence=3, version=4)
    found = check(told.history(head=7))
    assert [each.client for each in found[:2]] == ["ann", "bob"]
    assert {each.at for each in found[2:]} == {0}


def test_the_story_tells_what_was_around_the_violation() -> None:
    told = an_ordinary_day()
    began = told.events[0].at
    struck_at = told.passes()
    told.role(BOB, "viewer")
    told.edits("bob", 4)
    history = told.history()
    blow = Blow("owner-kill", struck_at, struck_at, "owner, process 7")
    first, *lines = tell(history, check(history)[0], [blow], began)
    assert "law 6" in first
    text = "\n".join(lines)
    assert text.index("owner-kill: owner, process 7") < text.index("bob is viewer")
    assert text.index("bob is viewer") < text.index(">>>")
    assert "7(0000/4)" in text
