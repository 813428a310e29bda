"""The endless fuzzer itself: that it stops when told, and tells what it finds."""

import pytest

from tests import fuzz
from tests.ot.generator import Story
from tests.ot.laws import LAWS


def test_it_ends_in_time_and_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--seconds", "0", "--seed", "5"]) == 0
    assert "seed 5: 8 examples" in capsys.readouterr().out


def test_a_broken_law_is_told_as_a_small_story(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def law_nobody_types(story: Story) -> None:
        assert all(operation.type != "insert" for operation in story.earlier)

    monkeypatch.setitem(LAWS, "law_nobody_types", law_nobody_types)
    assert fuzz.main(["--seconds", "60", "--seed", "1"]) == 1
    told = capsys.readouterr().out
    assert "breaks law_nobody_types" in told
    assert told.count('"type": "insert", ') == 1, "all that is not needed has gone"
    assert "because: AssertionError" in told
