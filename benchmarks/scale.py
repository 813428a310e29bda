"""What a thousand nodes and a million dashboards would do: simulated, for no machine here has them.

Pure and seeded. Who owns what is asked of the real functions (`storage.rendezvous`,
`cluster.balance`); the real rendezvous over a thousand owners costs a millisecond, so a sample is
placed by it and held to be uniform, and the rest is drawn uniformly. What things cost is measured
elsewhere (docs/performance.md) and stands in `Costs`. docs/scale.md tells what follows.
"""

import heapq
import random
import time
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from cluster.balance import Balance
from cluster.balance_loop import BALANCE_EVERY_SECONDS
from storage.ports import OwnerAddress
from storage.rendezvous import rendezvous_owner
from weft.limits import HOT_DASHBOARDS_MAX, LINK_NOTICED_SECONDS, OWNER_RETRY_MAX_SECONDS

# Of a hundred thousand dashboards that somebody has open, so many see so many submissions a second.
ACTIVITY: tuple[tuple[float, float], ...] = ((0.90, 0.0), (0.09, 0.5), (0.009, 5.0), (0.001, 50.0))


@dataclass(frozen=True)
class Size:
    nodes: int = 1_000  # with an owner each
    dashboards: int = 1_000_000
    sample: int = 10_000  # placed by the real function
    postgres_cores: int = 32
    looks: int = 720  # of the balance: an hour


@dataclass(frozen=True)
class Costs:
    """Measured; docs/performance.md."""

    open_owner_ms: float = 2.6  # CPU of an owner that opens a dashboard
    open_postgres_ms: float = 1.04  # CPU of PostgreSQL for it


@dataclass(frozen=True)
class Placement:
    excess: float  # chi squared over its degrees of freedom: about 1 when it is uniform
    joined_share: float  # of all that moves when a node joins
    astray: int  # that moved though neither their owner came or went
    lost_share: float  # of all that moves when a node is lost
    orphans: int  # of the sample
    heirs: int  # among how many nodes those are spread
    micros: float  # CPU of one placement


def place(size: Size, rng: random.Random) -> Placement:
    """With the real function, a sample of the dashboards."""
    owners = [owner(number) for number in range(size.nodes)]
    ids = [UUID(int=rng.getrandbits(128)) for _ in range(size.sample)]
    began = time.process_time()
    placed = {each: winner(each, owners) for each in ids}
    micros = (time.process_time() - began) / size.sample * 1e6
    expected = size.sample / size.nodes
    counts = Counter(each.owner_id for each in placed.values())
    squares = sum((counts[each.owner_id] - expected) ** 2 for each in owners)
    newcomer = owner(size.nodes)
    joined = [each for each in ids if winner(each, [placed[each], newcomer]) == newcomer]
    gone = owners[rng.randrange(size.nodes)]
    left = [each for each in owners if each != gone]
    some = rng.sample(ids, min(200, size.sample))
    astray = sum(winner(each, left) != placed[each] for each in some if placed[each] != gone)
    orphans = [each for each in ids if placed[each] == gone]
    return Placement(
        squares / expected / (size.nodes - 1),
        len(joined) / size.sample,
        astray,
        len(orphans) / size.sample,
        len(orphans),
        len({winner(each, left) for each in orphans}),
        micros,
    )


@dataclass(frozen=True)
class Evened:
    dashboards_most: float  # times the mean, of the node with most
    load_before: float  # times the mean, of the busiest node
    load_after: float
    moves: int
    seconds: float  # until there was nothing more to move, or the looks were over


def even_out(size: Size, rng: random.Random) -> Evened:
    """All dashboards, placed uniformly, and the real balance over what owners would tell."""
    counts = [0] * size.nodes
    busy: list[dict[UUID, float]] = [{} for _ in range(size.nodes)]
    shares, rates = zip(*ACTIVITY, strict=True)
    for rate in rng.choices(rates, shares, k=size.dashboards):
        node = rng.randrange(size.nodes)
        counts[node] += 1
        if rate:
            busy[node][UUID(int=rng.getrandbits(128))] = rate
    loads = [sum(each.values()) for each in busy]
    before = max(loads) / (sum(loads) / size.nodes)
    told = {str(node): hottest(each) for node, each in enumerate(busy)}
    balance, moves, now = Balance(), 0, 0.0
    for look in range(size.looks):
        now = look * BALANCE_EVERY_SECONDS
        found = balance.look(told, now)
        if not found:
            break
        for each in found:
            giver, taker = int(each.giver), int(each.taker)
            busy[taker][each.dashboard_id] = busy[giver].pop(each.dashboard_id)
            for node in (giver, taker):
                told[str(node)] = hottest(busy[node])
        moves += len(found)
    loads = [sum(each.values()) for each in busy]
    mean = size.dashboards / size.nodes
    return Evened(max(counts) / mean, before, max(loads) / (sum(loads) / size.nodes), moves, now)


@dataclass(frozen=True)
class Reopened:
    dashboards: int
    median_seconds: float
    last_seconds: float


def reopen(size: Size, count: int, left: int, costs: Costs, rng: random.Random) -> Reopened:
    """So many dashboards, by so many owners that are left, from the moment at which the others
    vanish without a word; people are on every one.

    Links find it out; then each gateway asks the next owner, and looks again a
    little later. An owner opens one after the other; PostgreSQL serves as many as it has cores.
    """
    noticed = LINK_NOTICED_SECONDS
    arrivals = sorted(rng.uniform(0, noticed + OWNER_RETRY_MAX_SECONDS) for _ in range(count))
    owner_free = [0.0] * left
    asked = []
    for arrival in arrivals:
        heir = rng.randrange(left)
        owner_free[heir] = max(owner_free[heir], arrival) + costs.open_owner_ms / 1000
        asked.append(owner_free[heir])
    cores = [0.0] * size.postgres_cores
    done = []
    for at in sorted(asked):
        end = max(heapq.heappop(cores), at) + costs.open_postgres_ms / 1000
        heapq.heappush(cores, end)
        done.append(end)
    return Reopened(count, done[len(done) // 2], done[-1])


def hottest(dashboards: dict[UUID, float]) -> dict[UUID, float]:
    """What an owner tells of them."""
    found = heapq.nlargest(HOT_DASHBOARDS_MAX, dashboards.items(), key=lambda each: each[1])
    return dict(found)


def owner(number: int) -> OwnerAddress:
    return OwnerAddress(f"owner-{number}", str(number), "")


def winner(dashboard_id: UUID, owners: list[OwnerAddress]) -> OwnerAddress:
    found = rendezvous_owner(dashboard_id, owners)
    assert found is not None
    return found


def main(size: Size = Size(), seed: int = 1) -> None:
    rng = random.Random(seed)
    print(f"{size.nodes:,} nodes, {size.dashboards:,} dashboards that people have open")
    placed = place(size, rng)
    print(f"placement, {size.sample:,} by the real function: {placed.micros:,.0f} µs of CPU each")
    print(f"  chi squared over degrees of freedom   {placed.excess:.2f}")
    print(f"  a node joins: moves                   {placed.joined_share:.4%} of all")
    print(f"  a node is lost: moves                 {placed.lost_share:.4%} of all")
    print(f"    of the sample {placed.orphans}, to so many nodes {placed.heirs:>8}")
    print(f"  moved for no reason                   {placed.astray}")
    evened = even_out(size, rng)
    print(f"dashboards of the node with most        {evened.dashboards_most:.2f} times the mean")
    print(f"submissions of the busiest node         {evened.load_before:.2f} times the mean")
    print(f"  after {evened.moves} moves in {evened.seconds:,.0f} s{'':14}{evened.load_after:.2f}")
    print("dashboards open again after nodes vanished, people on every one of them")
    for lost in (1, 10, 100, size.nodes):
        count = size.dashboards * lost // size.nodes
        left = size.nodes - lost or size.nodes  # all of them: they have been started again
        found = reopen(size, count, left, Costs(), rng)
        print(
            f"  {lost:>5} nodes, {found.dashboards:>9,} dashboards: "
            f"half after {found.median_seconds:5.1f} s, the last after {found.last_seconds:5.1f} s"
        )


if __name__ == "__main__":
    main()
