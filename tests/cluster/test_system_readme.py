"""What README.md shows really runs: its Python example, as it stands there."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.world import PATIENCE_SECONDS, RunningSystem

pytestmark = pytest.mark.cluster

README = Path(__file__).parents[2] / "README.md"


async def test_the_example_of_the_readme_prints_what_it_says(
    system: RunningSystem, tmp_path: Path
) -> None:
    text = README.read_text()
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [promised] = re.findall(r"prints `(\w+)`", text)
    program = tmp_path / "example.py"
    program.write_text(example)
    user, token = await system.new_user("reader")
    dashboard_id = await system.new_dashboard(user, "Sales")
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(program), system.ready["ws"], token, str(dashboard_id)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, promised), done.stderr
