"""Which tests stay together when several processes run them (`pytest -n 2`).

What is on real clusters waits for them most of the time, so it goes beside what computes: in one
process what shares the system, in another what starts clusters of its own. All else is dealt out by
the folder. The order is that of one process: what takes longest comes first.
"""

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

CLUSTERS_OF_THEIR_OWN = {
    "test_chaos_command.py", "test_system_of_its_own.py", "test_system_on_nodes.py",
}  # fmt: skip


class SideBySide(LoadScopeScheduling):
    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return company(self.config.rootpath / nodeid.partition("::")[0])


@cache
def company(path: Path) -> str:
    if path.name in CLUSTERS_OF_THEIR_OWN:
        return "clusters"
    return "system" if "mark.cluster" in path.read_text() else path.parent.name
