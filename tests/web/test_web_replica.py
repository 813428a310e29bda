"""Laws 2, 3 and 4 in two languages: told the same, both replicas order and show the same."""

from collections import Counter
from copy import deepcopy

from tests.web.transcripts import differences, record

HISTORIES = range(24)
STEPS = 250


def test_the_typescript_replica_orders_what_the_python_replica_orders() -> None:
    transcripts = record(HISTORIES, STEPS)
    kinds = Counter(
        order["kind"]
        for lines in transcripts
        for line in lines[1:]
        if isinstance(line["answer"], list)
        for order in line["answer"]
    )
    assert sum(map(len, transcripts)) > 2_000
    assert {"send", "show", "notify", "wait", "progress"} <= kinds.keys(), "or nothing was shown"
    differing = differences(transcripts)
    assert not differing, f"{len(differing)} replicas differ, the first:\n{differing[0]}"


def test_a_difference_would_be_found() -> None:
    transcript = next(lines for lines in record([0], 60) if len(lines) > 2)
    wrong = deepcopy(transcript)
    wrong[-1]["version"] = 99
    assert len(differences([transcript, wrong])) == 1
