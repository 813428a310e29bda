"""Are the laws kept? Each room asks a history about its law, and answers with what contradicts it.

Sound rather than complete: what they report did happen, whatever the clocks and the network did.
No I/O: histories made by hand are judged like recorded ones.
"""

from cluster.chaos.attendance import presence
from cluster.chaos.convergence import convergence, replay, snapshots
from cluster.chaos.durability import answers, durable_first, durable_states
from cluster.chaos.history import Event, History
from cluster.chaos.order import one_writer, order, order_as_seen
from cluster.chaos.rights import permission, reading, refusals, told_roles
from cluster.chaos.uniqueness import exactly_once, last_sequences, sent_first
from cluster.chaos.violation import Violation

RULES = (
    one_writer, order, order_as_seen,
    durable_first, durable_states, answers,
    exactly_once, sent_first, last_sequences,
    permission, reading, refusals, told_roles,
    presence,
)  # fmt: skip


def check(history: History) -> list[Violation]:
    """All that contradicts a law, the earliest first; what shows only at the end comes last."""
    replayed, broken = replay(history)
    found = [violation for rule in RULES for violation in rule(history)]
    found += [*broken, *snapshots(history, replayed), *convergence(history, replayed[-1])]
    return sorted(found, key=lambda each: (each.at == 0, each.at))


def events_about(history: History, violation: Violation) -> list[Event]:
    """Those that name its version, or are of its client."""
    found = []
    for event in history.events:
        versions = {each["version"] for each in event.submissions}
        is_about = bool(violation.version) and violation.version in versions
        if is_about or (violation.client and event.client == violation.client):
            found.append(event)
    return found
