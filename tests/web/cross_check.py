"""One truth for two languages, at random: each side asks, and the other must answer alike.

    python -m tests.web.cross_check [SEED]

goes on until stopped or until they differ: then it tells the question and exits 1. Each round also
has the TypeScript replica repeat what Python replicas did in simulated histories.
"""

import json
import sys
from collections.abc import Iterator
from itertools import count
from secrets import randbelow
from typing import Any, Final, NamedTuple

from tests.ot.laws import small_chunks
from tests.web.node_command import run
from tests.web.questions import Question, answer, ask
from tests.web.transcripts import differences, record
from weft.ot.values import same_json

STORIES_PER_ROUND: Final = 500
HISTORIES_PER_ROUND: Final = 10
HISTORY_STEPS: Final = 300


class Difference(NamedTuple):
    question: Question
    python: Any
    typescript: Any

    def __str__(self) -> str:
        return "\n".join(f"{name}: {json.dumps(part)}" for name, part in self._asdict().items())


def python_asks(first_seed: int, stories: int) -> tuple[int, list[Difference]]:
    """How many vectors TypeScript was given, and where it answers otherwise."""
    vectors: list[tuple[Question, Any]] = []
    for seed in range(first_seed, first_seed + stories):
        questions = json.loads(json.dumps(ask(seed)))  # both answer what is on the wire
        with small_chunks(seed % 2 == 0):
            vectors += [(question, answer(question)) for question in questions]
    return len(vectors), typescript_differs(vectors)


def typescript_differs(vectors: list[tuple[Question, Any]]) -> list[Difference]:
    lines = [json.dumps({"question": q, "answer": a}) for q, a in vectors]
    said = run("test/cross_check.ts", "check", given="\n".join(lines))
    differing = map(json.loads, said.splitlines())
    return [Difference(*vectors[each["number"]], each["got"]) for each in differing]


def typescript_asks(first_seed: int, stories: int) -> tuple[int, list[Difference]]:
    said = run("test/cross_check.ts", "ask", str(first_seed), str(stories)).splitlines()
    return len(said), python_differs([json.loads(line) for line in said])


def python_differs(vectors: list[dict[str, Any]]) -> list[Difference]:
    differences = []
    for number, vector in enumerate(vectors):
        with small_chunks(number % 2 == 0):
            got = answer(vector["question"])
        if not same_json(got, vector["answer"]):
            differences.append(Difference(vector["question"], got, vector["answer"]))
    return differences


def rounds(first_seed: int = 0) -> Iterator[str]:
    """For ever: what agreed in one more round. Raises AssertionError on a difference."""
    for first in count(first_seed, STORIES_PER_ROUND):
        asked, differing = python_asks(first, STORIES_PER_ROUND)
        asked_back, more = typescript_asks(first, STORIES_PER_ROUND)
        transcripts = record(range(first, first + HISTORIES_PER_ROUND), HISTORY_STEPS)
        told = [*map(str, differing + more), *differences(transcripts)]
        assert not told, f"the languages differ, seeds from {first}\n{told[0]}"
        yield f"seed {first}: {asked + asked_back} vectors and {len(transcripts)} replicas agree"


def main() -> int:
    try:
        for agreed in rounds(int(sys.argv[1]) if len(sys.argv) > 1 else randbelow(2**31)):
            print(agreed, flush=True)
    except AssertionError as difference:
        print(difference, flush=True)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
