"""One truth for two languages, at random: each side asks, and the other must answer alike.

`make fuzz` may call `rounds` for ever; by hand: `.venv/bin/python -m tests.web.cross_check`.
"""

import json
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from tests.ot.laws import small_chunks
from tests.web.node_command import run
from tests.web.questions import Question, answer, ask
from weft.ot.values import same_json

STORIES_PER_ROUND: Final = 500


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


def rounds(first_seed: int = 0) -> Iterator[int]:
    """For ever: the number of vectors of one more round. Raises AssertionError on a difference."""
    for first in count(first_seed, STORIES_PER_ROUND):
        asked, differences = python_asks(first, STORIES_PER_ROUND)
        asked_back, more = typescript_asks(first, STORIES_PER_ROUND)
        for difference in differences + more:
            raise AssertionError(f"the two algebras differ, seeds from {first}\n{difference}")
        yield asked + asked_back


def main() -> None:
    done = 0
    for vectors in rounds(int(sys.argv[1]) if len(sys.argv) > 1 else 0):
        done += vectors
        sys.stdout.write(f"{done} vectors agree\n")


if __name__ == "__main__":
    main()
