"""The small set of vectors that the npm package carries for its own tests.

    .venv/bin/python -m tests.web.fixed_vectors

writes it anew, which is only needed when the rules of merging change.
"""

import json
from pathlib import Path
from typing import Any, Final

from tests.web.node_command import CLIENT
from tests.web.questions import answer, ask

FILE: Final = Path(CLIENT / "test" / "vectors.jsonl")
STORIES: Final = 25  # of eight questions each


def read() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text().splitlines()]


def main() -> None:
    lines = []
    for seed in range(STORIES):
        for question in json.loads(json.dumps(ask(seed, most=2))):
            vector = {"question": question, "answer": answer(question)}
            lines.append(json.dumps(vector, ensure_ascii=False, separators=(",", ":")) + "\n")
    FILE.write_text("".join(lines))


if __name__ == "__main__":
    main()
