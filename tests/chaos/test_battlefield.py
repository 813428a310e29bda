"""Which node is hit, and how a broken-off battle is left."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from cluster.chaos.battlefield_service import Aftermath, Battlefield, _look_after
from cluster.chaos.ray_nodes_service import STARTED, Host, RayNodes


@dataclass
class Process:
    """Of a node; `code` None: it lives."""

    code: int | None = None

    def poll(self) -> int | None:
        return self.code


@dataclass
class Node:
    address: str
    process: Process = field(default_factory=Process)

    def kill(self) -> None:
        self.process.code = -9


class Nodes(RayNodes):
    def start_again(self, node: Any) -> None:
        node.process = Process()


def field_of(*addresses: str) -> Battlefield:
    nodes = Nodes(Path(), nodes=cast("Any", [Node(address) for address in addresses]))
    unused: Any = None
    stores = [unused] * 7
    return Battlefield(*stores, [], "key", nodes if addresses else None, Aftermath())


@pytest.mark.parametrize("lot", [0.0, 0.5, 0.999])
def test_a_node_that_is_killed_is_no_head_and_a_dead_one_is_not_killed_again(lot: float) -> None:
    field = field_of("head", "second", "own")
    assert field.kill_node(lot) == "second"
    assert field.kill_node(lot) is None, "nobody else is there"
    field.start_node("second")
    assert field.kill_node(lot) == "second"


def test_the_lot_says_which_node() -> None:
    field = field_of("head", "second", "third", "own")
    assert [field.kill_node(0.999), field.kill_node(0.999)] == ["third", "second"]


def test_the_head_is_killed_and_comes_back_and_the_node_of_the_command_is_left_alone() -> None:
    field = field_of("head", "own")
    assert field.kill_head() == "head"
    assert field.kill_head() is None
    assert field.kill_node(0.0) is None
    field.start_node("head")
    assert field.kill_head() == "head"


def test_a_ray_of_its_own_has_no_node_to_lose() -> None:
    assert field_of().kill_node(0.5) is None
    assert field_of().kill_head() is None


def test_a_node_that_was_killed_twice_is_started_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second blow has hit it while it began again: two mend it, and one is there."""
    nodes = RayNodes(tmp_path)
    started = []

    def start(*_: Any) -> Any:
        started.append(Process())
        (tmp_path / "head.log").write_bytes(STARTED)
        return started[-1]

    monkeypatch.setattr(nodes, "_start", start)
    node = nodes.add(host=Host("head"))
    node.process.code = -9  # type: ignore[attr-defined]
    with ThreadPoolExecutor() as two:
        list(two.map(nodes.start_again, [node, node]))
    assert len(started) == 2, "at first, and after it was killed"


def test_of_what_was_broken_off_nothing_is_said() -> None:
    """PostgreSQL may be away then: nobody is to wait for it."""
    aftermath = Aftermath()
    _look_after(aftermath, "postgresql://nowhere", KeyboardInterrupt, None, None)
    assert (aftermath.checkpoints, aftermath.violations) == (0, [])
