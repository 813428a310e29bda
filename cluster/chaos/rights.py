"""Law 6, permission is sequenced: nothing commits or is shown after it was forbidden, nothing is
refused after it was granted, and in the end everyone knows what they may.

A change counts from its answer on, at the latest; the next from its call on, at the earliest. One
that was never answered may come through late, so for a while nothing is certain.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cluster.chaos.history import Change, Event, History, What
from cluster.chaos.violation import Violation

TOLD_WITHIN_SECONDS = 1.0  # who may not read any more is shown nothing after that
LATE_WITHIN_SECONDS = 30.0  # a request that nobody waits for any more has ended by then
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when a user certainly had this role; None: none."""

    user_id: str
    role: str | None
    since: float
    until: float

    @property
    def writes(self) -> bool:
        return self.role not in (None, "viewer")

    def covers(self, at: float) -> bool:
        return self.since < at < self.until


def spells(history: History) -> list[Spell]:
    found = []
    for user_id in {change.user_id for change in history.changes}:
        changes = [change for change in history.changes if change.user_id == user_id]
        changes.sort(key=lambda change: change.called_at)
        ends = [*(change.called_at for change in changes[1:]), NEVER]
        for number, (change, until) in enumerate(zip(changes, ends, strict=True)):
            if change.returned_at is not None:
                since = max([change.returned_at, *_late(changes[:number], change)])
                found.append(Spell(str(user_id), change.role, since, until))
    return [spell for spell in found if spell.since < spell.until]


def _late(before: list[Change], change: Change) -> list[float]:
    """When those that gave another role, and were not answered, can do nothing more."""
    return [
        each.called_at + LATE_WITHIN_SECONDS
        for each in before
        if each.returned_at is None and each.role != change.role
    ]


def permission(history: History) -> Iterator[Violation]:
    """Nothing that was forbidden has committed."""
    for ban in spells(history):
        if ban.writes:
            continue
        for row in history.rows:
            at = row.committed_at
            is_theirs = str(row.submission.user_id) == ban.user_id
            if is_theirs and at is not None and ban.covers(at):
                late = f"{(at - ban.since) * 1000:.0f} ms"
                why = f"version {row.version} committed {late} after its author's revocation"
                yield Violation(6, why, at, version=row.version)


def reading(history: History) -> Iterator[Violation]:
    """Nobody was shown what committed when they could no longer read."""
    rows = history.by_version()
    for ban in spells(history):
        if ban.role is not None:
            continue
        client = _client_of(history, ban.user_id)
        for event, submission in history.seen():
            row = rows.get(submission["version"])
            at = None if row is None else row.committed_at
            is_theirs = event.client == client and event.at < ban.until
            if is_theirs and at is not None and at > ban.since + TOLD_WITHIN_SECONDS:
                why = f"{event.client} may not read, and was shown {submission['version']}"
                yield Violation(6, why, event.at, event.client, submission["version"])


def refusals(history: History) -> Iterator[Violation]:
    """Nobody was forbidden what they were granted before they asked, and still had."""
    by_client = history.by_client()
    for spell in spells(history):
        client = _client_of(history, spell.user_id)
        for asked_at, event in _forbidden(by_client.get(client or "", [])):
            is_join = event.kind == "ended"
            was_granted = spell.role is not None if is_join else spell.writes
            if was_granted and spell.covers(asked_at) and spell.covers(event.at):
                what = "to join" if is_join else f"its {event.message['sequence']}"
                since = event.at - spell.since
                why = f"{event.client} was forbidden {what}, {since:.2f} s after it was granted"
                yield Violation(6, why, event.at, event.client)


def _forbidden(events: list[Event]) -> Iterator[tuple[float, Event]]:
    """Each refusal, with the time when it was first asked."""
    submitted: dict[int, float] = {}
    joining: float | None = None  # nothing was asked since, or nobody knows
    for event in events:
        match event.what, event.message:
            case What.OPENED, _:
                joining = None
            case What.SENT, {"type": "join"}:
                joining = joining or event.at
            case What.SENT, {"type": "submit", "sequence": sequence}:
                submitted.setdefault(sequence, event.at)
            case What.RECEIVED, {"type": "joined"}:
                joining = None
            case What.RECEIVED, {"type": "rejected", "code": "forbidden", "sequence": sequence}:
                if sequence in submitted:
                    yield submitted[sequence], event
            case What.RECEIVED, {"type": "ended", "code": str(code)}:
                if code == "forbidden" and joining is not None:
                    yield joining, event
                joining = None


def told_roles(history: History) -> Iterator[Violation]:
    """In the end, who follows the dashboard has been told the role that it has."""
    by_client = history.by_client()
    for spell in spells(history):
        client = _client_of(history, spell.user_id) or ""
        role = _told_role(by_client.get(client, []))
        could_know_at = max(spell.since, history.calm_at)
        if spell.until < NEVER or history.ended_at - could_know_at < TOLD_WITHIN_SECONDS:
            continue
        if role is not None and role != spell.role:
            why = f"{client} is {spell.role or 'a stranger'}, and was told {role} last"
            yield Violation(6, why, 0, client)


def _told_role(events: list[Event]) -> str | None:
    """None: it does not follow."""
    role: str | None = None
    for event in events:
        if event.what is What.CLOSED or event.kind == "ended":
            role = None
        elif event.what is What.RECEIVED and event.kind in ("joined", "permission"):
            role = event.message.get("role", role)
    return role


def _client_of(history: History, user_id: str) -> str | None:
    found = (client for client, each in history.users.items() if str(each) == user_id)
    return next(found, None)
