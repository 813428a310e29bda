"""The figures of a process as Ray's metrics: in the Ray dashboard, and for Prometheus to fetch.

Each is `weft_` and its name in the table, with the process as a tag; Ray puts `ray_` before it.
"""

from typing import Final

from ray.util.metrics import Counter, Gauge, Histogram

from weft.measures import MEASURES, Kind, Measure, Taken

PREFIX: Final = "weft_"
PROCESS: Final = "process"


class RayMetrics:
    """Of one process. Made in an actor of Ray."""

    def __init__(self, process: str) -> None:
        self._tags = {PROCESS: process}
        self._counters = {name: Counter(*_named(name)) for name in _of(Kind.COUNT)}
        self._gauges = {name: Gauge(*_named(name)) for name in _of(Kind.LEVEL)}
        self._histograms = {
            name: Histogram(PREFIX + name, measure.meaning, list(measure.bounds), (PROCESS,))
            for name, measure in _of(Kind.SPREAD).items()
        }

    def tell(self, taken: Taken) -> None:
        for (name, value), amount in taken.counts.items():
            label = MEASURES[name].label
            tags = self._tags if label is None else {**self._tags, label: value}
            self._counters[name].inc(amount, tags)
        for name, level in taken.levels.items():
            self._gauges[name].set(level, self._tags)
        for name, samples in taken.samples.items():
            observe = self._histograms[name].observe
            for sample in samples:
                observe(sample, self._tags)


def _of(kind: Kind) -> dict[str, Measure]:
    return {name: measure for name, measure in MEASURES.items() if measure.kind is kind}


def _named(name: str) -> tuple[str, str, tuple[str, ...]]:
    measure = MEASURES[name]
    labels = () if measure.label is None else (measure.label,)
    return PREFIX + name, measure.meaning, (PROCESS, *labels)
