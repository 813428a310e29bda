"""Which months of the log and of the audit trail may go, and what became of each. Pure.

A month of the log goes whole or not at all: only when every version in it lies at or below a
checkpoint of its dashboard, so that opening, catching up from there, and verifying never miss it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

LOG: Final = "operations"
TRAIL: Final = "audit_logs"


@dataclass(frozen=True, slots=True)
class Retention:
    """How many whole months are kept beside the present one; None: all. What goes stays in the
    database as a table of its own, to be archived, unless it `drops`.
    """

    log_months: int | None = None
    trail_months: int | None = None
    drops: bool = False

    def __post_init__(self) -> None:
        for months in (self.log_months, self.trail_months):
            if months is not None and months < 0:
                raise ValueError("months must not be negative")

    def cutoffs(self, now: datetime) -> dict[str, datetime]:
        """Of each table that has one: what ended by then may go."""
        months = {LOG: self.log_months, TRAIL: self.trail_months}
        return {
            table: beginning_of_month(now, count)
            for table, count in months.items()
            if count is not None
        }


@dataclass(slots=True)
class Retired:
    """What became of the old partitions, by name."""

    gone: list[str] = field(default_factory=list)
    held: dict[str, tuple[UUID, ...]] = field(default_factory=dict)
    """Not yet: some dashboards with versions there that no checkpoint covers. Open them: their
    owner writes one.
    """
    busy: list[str] = field(default_factory=list)  # something kept its locks; next time, then

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.gone or self.held or self.busy)


def beginning_of_month(now: datetime, months_ago: int = 0) -> datetime:
    """The first instant, by UTC, of the month that was so many months ago."""
    now = now.astimezone(UTC)
    years, month = divmod(now.year * 12 + now.month - 1 - months_ago, 12)
    return datetime(years, month + 1, 1, tzinfo=UTC)
