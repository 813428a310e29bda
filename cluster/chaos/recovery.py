"""How long editors could not save after each fault: the longest pause of any of them that falls
into it, from the blow on (or, where nobody can commit before it is mended, from then on).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from cluster.chaos.history import Blow, History

WINDOW_SECONDS = 15.0  # a pause that begins later than this after the end has another cause

SAVING_SECONDS = 1.0  # an editor rests a quarter of a second at most, and a commit takes less


def saves(history: History, clients: Iterable[str]) -> dict[str, list[float]]:
    """When each client saw a submission of its own committed, in order of time."""
    wanted = set(clients)
    times: dict[str, list[float]] = {client: [] for client in wanted}
    replicas = history.replicas()
    for event, submission in history.seen():
        if event.client in wanted and replicas.get(submission["replicaId"]) == event.client:
            times[event.client].append(event.at)
    return times


def pauses(blows: Sequence[Blow], saved: Sequence[Sequence[float]]) -> list[tuple[str, float]]:
    """(fault, seconds) of each blow that was dealt alone; one that met another is nobody's."""
    found = []
    for number, blow in enumerate(blows):
        others = [each for at, each in enumerate(blows) if at != number]
        nearest = min(
            (each.struck_at for each in others if each.struck_at >= blow.struck_at),
            default=float("inf"),
        )
        if any(_meet(blow, each) for each in others):
            continue
        begins = blow.ended_at if blow.stops_all else blow.struck_at
        until = min(nearest, blow.ended_at + WINDOW_SECONDS)
        saving = [times for times in saved if _is_saving(times, blow.struck_at)]
        longest = max((_longest(times, begins, until) for times in saving), default=0.0)
        found.append((blow.fault, longest))
    return found


def _is_saving(times: Sequence[float], at: float) -> bool:
    """Who still waited for the end of an earlier pause does not count."""
    return any(at - SAVING_SECONDS < each <= at for each in times)


def _meet(blow: Blow, other: Blow) -> bool:
    return other.struck_at <= blow.ended_at and other.ended_at >= blow.struck_at


def _longest(times: Sequence[float], begins: float, until: float) -> float:
    """What of a pause lies between the two: what follows belongs to the next blow."""
    found = [
        min(after, until) - max(before, begins)
        for before, after in pairwise(times)
        if after > begins and before < until
    ]
    return max(found, default=0.0)


def summary(found: Iterable[tuple[str, float]]) -> dict[str, dict[str, float]]:
    """By fault: how many, the median and the longest pause in seconds."""
    by_fault: dict[str, list[float]] = {}
    for fault, seconds in found:
        by_fault.setdefault(fault, []).append(seconds)
    return {
        fault: {
            "count": len(times),
            "p50_seconds": round(median(times), 2),
            "max_seconds": round(max(times), 2),
        }
        for fault, times in sorted(by_fault.items())
    }
