"""Laws 2, 3 and 4 in two languages: told the same, both replicas order and show the same."""

import json
from collections import Counter

from tests.web.node_command import run
from tests.web.transcripts import record

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
    assert {"send", "show", "notify", "wait"} <= kinds.keys(), "or nothing was shown"
    said = run("test/transcripts.ts", given="\n".join(map(json.dumps, transcripts)))
    differing = [json.loads(line) for line in said.splitlines()]
    if differing:
        first = differing[0]
        expected = transcripts[first["number"]][first["line"]]
        raise AssertionError(f"{len(differing)} differ\n{json.dumps(expected)}\n{first['got']}")
