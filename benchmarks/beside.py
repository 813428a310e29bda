"""A load in a process of its own beside what is measured: neither waits for the other's turn.

It is `python -m MODULE child`: reads its job from one line, says a line when it is ready, goes on
when it is told a line, and answers with one. Job and answer are JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def beside(module: str, job: dict[str, Any]) -> Iterator[Callable[[], Any]]:
    """It is ready. Called, what is yielded tells it to go on, and returns its answer."""
    command = [sys.executable, "-m", module, "child"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        say, hear = process.stdin, process.stdout

        def told(line: str) -> str:
            say.write(line + "\n")
            say.flush()
            answer = hear.readline()
            if not answer:
                raise SystemExit(f"the load of {module} has failed")
            return answer

        told(json.dumps(job))
        yield lambda: json.loads(told("go"))
