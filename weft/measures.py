"""What a process counts about itself: one table of names, and counts that cost next to nothing.

Law 10 for those who watch: nothing here can fail or wait for what is done with the figures. Who
exports them takes what has come since the last look; between two looks memory is bounded. Standard
library only.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from weft.limits import SAMPLES_KEPT_MAX, SAMPLES_MAX_PER_LOOK

LANE: Final = "lane"
OUTCOME: Final = "outcome"


class Kind(StrEnum):
    COUNT = "count"  # of what has happened, only ever rising
    LEVEL = "level"  # what is so now
    SPREAD = "spread"  # of single values, told as a histogram


class Measure(NamedTuple):
    kind: Kind
    meaning: str
    label: str | None = None  # what is told apart
    bounds: tuple[float, ...] = ()  # of a SPREAD's buckets


_MS: Final = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 35.0, 50.0, 100.0, 250.0, 1_000.0, 5_000.0)
_SIZES: Final = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0)

MEASURES: Final[Mapping[str, Measure]] = {
    # owners
    "submissions": Measure(Kind.COUNT, "Submissions committed."),
    "operations": Measure(Kind.COUNT, "Operations committed."),
    "acknowledge_ms": Measure(
        Kind.SPREAD, "From a submission's arrival at its owner to its commit, ms.", None, _MS
    ),
    "commit_ms": Measure(Kind.SPREAD, "One group commit, ms.", None, _MS),
    "commit_submissions": Measure(Kind.SPREAD, "Submissions in one group commit.", None, _SIZES),
    "transform_versions": Measure(
        Kind.SPREAD,
        "Versions between what an author had seen and the submission's own.",
        None,
        _SIZES,
    ),
    "commit_queue": Measure(Kind.LEVEL, "Submissions that wait for their commit."),
    "dashboards": Measure(Kind.LEVEL, "Dashboards open at this owner."),
    "subscriptions": Measure(Kind.LEVEL, "Subscriptions at this owner."),
    "opened": Measure(Kind.COUNT, "Dashboards opened; after a failover, those taken over."),
    "stepped_down": Measure(Kind.COUNT, "Dashboards given up because another owner has them."),
    "joins": Measure(Kind.COUNT, "Joins answered."),
    "catch_ups": Measure(Kind.COUNT, "Pages of the log read for somebody far behind."),
    "checkpoints": Measure(Kind.COUNT, "Checkpoints written."),
    # gateways
    "connections": Measure(Kind.LEVEL, "Sockets open at this gateway."),
    "sessions": Measure(Kind.LEVEL, "Of these, authenticated ones."),
    "frames": Measure(Kind.COUNT, "Frames received from clients."),
    "closes": Measure(Kind.COUNT, "Sockets closed by this gateway, by close code.", "code"),
    "links_lost": Measure(Kind.COUNT, "Links to owners that broke: each is a failover for some."),
    "presence": Measure(Kind.LEVEL, "Connections in the rosters that this gateway keeps."),
    "feeds": Measure(Kind.LEVEL, "Producers that feed live values through this gateway."),
    "outgoing_bytes": Measure(Kind.LEVEL, "Bytes that wait for readers at this gateway."),
    "records_waiting": Measure(Kind.LEVEL, "Entries that wait to be written to the directory."),
    "webhook_deliveries": Measure(
        Kind.COUNT, "Attempts to tell a webhook, by outcome: delivered, failed, dead.", OUTCOME
    ),
    "rejections": Measure(Kind.COUNT, "Refused submissions and frames, by error code.", "code"),
    # both
    "drops": Measure(
        Kind.COUNT,
        "What was not sent or kept, because too much waited, by lane: edits (the reader resumes),"
        " live, presence, records, plugins.",
        LANE,
    ),
    "plugin_failures": Measure(
        Kind.COUNT, "Calls of a plug-in that failed or took too long, by plug-in.", "plugin"
    ),
    "loop_lag_ms": Measure(
        Kind.SPREAD, "How late the event loop comes to what is due, ms.", None, _MS
    ),
    "restarts": Measure(Kind.COUNT, "Times that Ray has brought this process back."),
}


@dataclass(slots=True)
class Taken:
    """What has come since the look before; levels as of now."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)  # (name, label's value)
    samples: dict[str, list[float]] = field(default_factory=dict)
    levels: dict[str, float] = field(default_factory=dict)


class Measures:
    """The figures of one process. A name that is not in the table is a KeyError."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._samples: dict[str, list[float]] = {
            name: [] for name, measure in MEASURES.items() if measure.kind is Kind.SPREAD
        }
        self._levels: dict[str, Callable[[], float]] = {}
        self._totals: dict[str, Callable[[], Mapping[str, int]]] = {}
        self._told: dict[tuple[str, str], int] = {}

    def count(self, name: str, amount: int = 1, label: str = "") -> None:
        assert MEASURES[name].kind is Kind.COUNT, name
        self._counts[name, label] += amount

    def sample(self, name: str, value: float) -> None:
        """Of many, SAMPLES_MAX_PER_LOOK at most stand for all, evenly."""
        samples = self._samples[name]
        if len(samples) < SAMPLES_KEPT_MAX:
            samples.append(value)

    def watch(self, name: str, read: Callable[[], float]) -> None:
        """`read` is asked at each look; the last one that was given counts."""
        assert MEASURES[name].kind is Kind.LEVEL, name
        self._levels[name] = read

    def follow(self, name: str, read: Callable[[], Mapping[str, int]]) -> None:
        """What somebody counts anyway: `read` is asked at each look for totals by label. They only
        rise, from 0 on for whoever is given last.
        """
        assert MEASURES[name].kind is Kind.COUNT, name
        self._totals[name] = read
        self._told = {key: told for key, told in self._told.items() if key[0] != name}

    def take(self) -> Taken:
        """The look itself."""
        for name, read_totals in self._totals.items():
            for label, total in read_totals().items():
                if risen := total - self._told.get((name, label), 0):
                    self._counts[name, label] += risen
                    self._told[name, label] = total
        counts, self._counts = dict(self._counts), Counter()
        samples = {name: _some_of(values) for name, values in self._samples.items() if values}
        for name in samples:
            self._samples[name] = []
        return Taken(counts, samples, {name: read() for name, read in self._levels.items()})


def _some_of(values: list[float]) -> list[float]:
    """One in so many, from the first to the last: who is told pays for each."""
    return values[:: -(-len(values) // SAMPLES_MAX_PER_LOOK)]
