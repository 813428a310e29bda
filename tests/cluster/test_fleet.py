"""Whatever nodes and actors do, soon those are there who should be, and nobody well is hurt."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cluster.fleet import (
    LOST_AFTER_SECONDS,
    RETRY_AFTER_SECONDS,
    Condition,
    FleetKeeper,
    Forget,
    Instruction,
    Node,
    Shape,
    Start,
    posts,
)

ONE = Node("1" * 8, "11111111", "10.0.0.1", 2)
TWO = Node("2" * 8, "22222222", "10.0.0.2", 4)
SHAPE = Shape(None, 1)
WELL, AWAY, ENDED = Condition.WELL, Condition.AWAY, Condition.ENDED


def names(shape: Shape, *nodes: Node) -> set[str]:
    return {post.name for node in nodes for post in posts(shape, node)}


def started(done: list[Instruction]) -> list[str]:
    return [each.post.name for each in done if isinstance(each, Start)]


def test_owners_are_by_the_cpus_of_a_node_and_every_node_has_a_gateway() -> None:
    assert started(FleetKeeper(SHAPE).look([ONE, TWO], {}, 0.0)) == [
        "owner-11111111-0",
        "gateway-11111111-0",
        "owner-22222222-0",
        "owner-22222222-1",
        "owner-22222222-2",
        "gateway-22222222-0",
    ]
    small = Node("3", "3", "10.0.0.3", 1)
    assert started(FleetKeeper(SHAPE).look([small], {}, 0.0)) == ["owner-3-0", "gateway-3-0"]


def test_a_node_without_a_cpu_has_nobody() -> None:
    assert FleetKeeper(SHAPE).look([Node("0", "0", "10.0.0.9", 0)], {}, 0.0) == []


def test_on_a_ray_of_its_own_names_are_short() -> None:
    alone = Node("1", "", "127.0.0.1", 1)
    assert started(FleetKeeper(Shape(2, 1)).look([alone], {}, 0.0)) == [
        "owner-0",
        "owner-1",
        "gateway-0",
    ]


def test_a_node_that_joins_is_used_at_once_and_one_that_leaves_is_forgotten() -> None:
    keeper = FleetKeeper(SHAPE)
    there = dict.fromkeys(names(SHAPE, ONE), WELL)
    assert set(started(keeper.look([ONE, TWO], there, 0.0))) == names(SHAPE, TWO)
    there |= dict.fromkeys(names(SHAPE, TWO), AWAY)
    assert {each.name for each in keeper.look([ONE], there, 1.0) if isinstance(each, Forget)} == (
        names(SHAPE, TWO)
    )


def test_who_does_not_start_is_forgotten_and_started_anew_but_not_at_once() -> None:
    keeper = FleetKeeper(SHAPE)
    keeper.look([ONE], {}, 0.0)
    there = {"owner-11111111-0": ENDED, "gateway-11111111-0": WELL}
    assert keeper.look([ONE], there, 1.0) == [Forget("owner-11111111-0")]
    del there["owner-11111111-0"]
    assert keeper.look([ONE], there, 2.0) == []
    assert started(keeper.look([ONE], there, RETRY_AFTER_SECONDS)) == ["owner-11111111-0"]


def test_who_is_away_is_left_to_ray_until_it_will_not_come_back() -> None:
    keeper = FleetKeeper(SHAPE)
    there = {"owner-11111111-0": AWAY, "gateway-11111111-0": WELL}
    assert keeper.look([ONE], there, 0.0) == []
    assert keeper.look([ONE], there, LOST_AFTER_SECONDS) == []
    assert keeper.look([ONE], there, LOST_AFTER_SECONDS + 1) == [Forget("owner-11111111-0")]


def test_the_time_away_begins_anew_when_it_has_answered() -> None:
    keeper = FleetKeeper(SHAPE)
    there = {"owner-11111111-0": AWAY, "gateway-11111111-0": WELL}
    keeper.look([ONE], there, 0.0)
    keeper.look([ONE], there | {"owner-11111111-0": WELL}, 50.0)
    assert keeper.look([ONE], there, LOST_AFTER_SECONDS + 1) == []


@given(st.integers(1, 64), st.integers(1, 3))
def test_a_name_tells_its_node(cpus: int, gateways: int) -> None:
    node = Node("n", "abcd", "10.0.0.1", cpus)
    found = posts(Shape(None, gateways), node)
    assert len({post.name for post in found}) == len(found)
    assert {post.name.split("-")[1] for post in found} == {"abcd"}


class Cluster(RuleBasedStateMachine):
    """Nodes come and go, actors die, keepers are replaced; instructions are carried out at once."""

    def __init__(self) -> None:
        super().__init__()
        self.keeper = FleetKeeper(SHAPE)
        self.nodes: dict[str, Node] = {}
        self.members: dict[str, Condition] = {}
        self.now = 0.0
        self.made = 0

    @rule(cpus=st.integers(0, 4))
    def join(self, cpus: int) -> None:
        self.made += 1
        tag = f"{self.made:08x}"
        self.nodes[tag] = Node(tag, tag, f"10.0.0.{self.made}", cpus)

    @rule(chance=st.randoms(use_true_random=False))
    def leave(self, chance: random.Random) -> None:
        if self.nodes:
            tag = chance.choice(sorted(self.nodes))
            del self.nodes[tag]
            for name in self.members:
                if tag in name:
                    self.members[name] = AWAY

    @rule(chance=st.randoms(use_true_random=False), condition=st.sampled_from(Condition))
    def change(self, chance: random.Random, condition: Condition) -> None:
        there = sorted(name for name in self.members if name.split("-")[1] in self.nodes)
        if there:
            self.members[chance.choice(there)] = condition

    @rule()
    def replace_keeper(self) -> None:
        self.keeper = FleetKeeper(SHAPE)

    @rule(seconds=st.sampled_from([1.0, RETRY_AFTER_SECONDS, LOST_AFTER_SECONDS]))
    def look(self, seconds: float) -> None:
        self.now += seconds
        before = dict(self.members)
        for each in self.keeper.look(list(self.nodes.values()), dict(self.members), self.now):
            if isinstance(each, Start):
                assert each.post.name not in self.members
                assert each.post.node.tag in self.nodes
                self.members[each.post.name] = WELL
            else:
                is_needed = each.name in names(SHAPE, *self.nodes.values())
                assert not (is_needed and before[each.name] is WELL)
                del self.members[each.name]

    @invariant()
    def soon_it_is_whole(self) -> None:
        """From any state, with a keeper that remembers nothing, and quiet nodes."""
        keeper, members, now = FleetKeeper(SHAPE), dict(self.members), 0.0
        nodes = list(self.nodes.values())
        for _ in range(4):
            for each in keeper.look(nodes, dict(members), now):
                if isinstance(each, Start):
                    members[each.post.name] = WELL
                else:
                    del members[each.name]
            now += LOST_AFTER_SECONDS + 1
        assert members == dict.fromkeys(names(SHAPE, *nodes), WELL)
        assert keeper.look(nodes, members, now) == []


TestCluster = Cluster.TestCase
TestCluster.settings = settings(max_examples=40, stateful_step_count=25)
