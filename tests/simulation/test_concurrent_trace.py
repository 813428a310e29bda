"""Recorded typing of two people, through real hearts, ends in exactly the text it ended in."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.concurrent_trace import Replay

OWN = Path(__file__).parents[1] / "traces" / "duet.json"
RECORDED = Path(__file__).parents[3] / "shared/traces/friendsforever_concurrent.json.gz"


def transactions_of(path: Path) -> tuple[list[dict[str, Any]], str]:
    content = path.read_bytes()
    trace = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return trace["txns"], trace["endContent"]


@pytest.mark.parametrize("prefer", [0, 1])
def test_law4_two_people_who_type_at_once_end_in_one_text(prefer: int) -> None:
    transactions, end = transactions_of(OWN)
    assert sum(len(each["parents"]) == 2 for each in transactions) > 40, "they do type at once"
    replay = Replay(transactions, prefer)
    assert replay.run() == [end, end]


@pytest.mark.skipif(not RECORDED.exists(), reason="the large recording is not here")
def test_law4_a_recorded_afternoon_of_two_people_ends_in_its_text() -> None:
    transactions, end = transactions_of(RECORDED)
    replay = Replay(transactions)
    assert replay.run() == [end, end]
