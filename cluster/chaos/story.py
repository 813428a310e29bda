"""A violation as a story: the faults and frames around it, in order of time."""

from collections.abc import Sequence

from cluster.chaos.checker import events_about
from cluster.chaos.history import Blow, Event, History, What
from cluster.chaos.violation import Violation

AROUND_SECONDS = 3.0  # before and after
LINES_MAX = 60
SHOWN = ("sequence", "baseVersion", "version", "lastSequence", "lastVersion", "code")


def tell(history: History, violation: Violation, blows: Sequence[Blow], began: float) -> list[str]:
    """Lines for people, times counted from `began`; the first says what is wrong."""
    at = violation.at or max((event.at for event in history.events), default=began)
    told: list[tuple[float, str]] = [(at, f">>>  {violation}")]
    for blow in blows:
        if blow.struck_at < at + AROUND_SECONDS and blow.ended_at > at - 2 * AROUND_SECONDS:
            told.append((blow.struck_at, f"!    {blow.fault}: {blow.told}"))
            if blow.ended_at > blow.struck_at:
                told.append((blow.ended_at, f"!    {blow.fault} is mended"))
    for change in history.changes:
        name = next((k for k, v in history.users.items() if v == change.user_id), "somebody")
        told.append((change.called_at, f"     {name} is to become {change.role or 'a stranger'}"))
        if change.returned_at is not None:
            told.append((change.returned_at, f"     {name} is {change.role or 'a stranger'}"))
    told += [(event.at, f"     {describe(event)}") for event in events_about(history, violation)]
    near = [each for each in sorted(told) if abs(each[0] - at) <= AROUND_SECONDS]
    middle = next(i for i, each in enumerate(near) if each[1].startswith(">>>"))
    first = max(0, middle - LINES_MAX // 2)
    return [
        f"dashboard {history.dashboard_id}: {violation}",
        *(f"{when - began:+9.3f}s {line}" for when, line in near[first : first + LINES_MAX]),
    ]


def describe(event: Event) -> str:
    """One event in one line."""
    if event.what in (What.OPENED, What.CLOSED):
        return f"{event.client} {event.what.value}"
    message = event.message
    parts = [event.client, event.what.value, event.kind]
    parts += [f"{name}={message[name]}" for name in SHOWN if name in message]
    parts += [
        f"{each['version']}({each['replicaId'][:4]}/{each['sequence']})"
        for each in event.submissions[:8]
    ]
    if len(event.submissions) > 8:
        parts.append(f"… {event.submissions[-1]['version']}")
    return " ".join(parts)
