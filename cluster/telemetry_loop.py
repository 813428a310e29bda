"""How an actor is watched: its figures told to Ray each second, its log as JSON lines, and the
steps of the submissions that are followed. Off the editing path: what fails here is logged, once.
"""

import asyncio
import logging
from dataclasses import dataclass

from cluster.followed_steps import LoggedSteps
from cluster.log_line import log_as_json
from cluster.ray_metrics import RayMetrics
from weft.limits import LOOP_LAG_EVERY_SECONDS, METRICS_EVERY_SECONDS
from weft.measures import Measures
from weft.tracing import Tracer

log = logging.getLogger("weft.telemetry")


@dataclass(frozen=True, slots=True)
class RayTelemetry:
    """A Telemetry. `trace_share`: how many submissions of all are followed, 0 to 1."""

    trace_share: float = 0.0
    otlp_endpoint: str | None = None

    def begin(self, process: str, measures: Measures) -> Tracer | None:
        log_as_json(process)
        loop = asyncio.get_running_loop()
        _running.add(loop.create_task(tell(measures, RayMetrics(process)), name="metrics"))
        _running.add(loop.create_task(feel_lag(measures), name="loop lag"))
        if self.trace_share <= 0:
            return None
        if self.otlp_endpoint is None:
            return LoggedSteps(self.trace_share)
        from cluster.spans import SpannedSteps, exporting  # noqa: PLC0415  (an extra of its own)

        return SpannedSteps(self.trace_share, process, exporting(self.otlp_endpoint))


_running: set[asyncio.Task[None]] = set()  # for as long as the process lives


async def tell(measures: Measures, metrics: RayMetrics) -> None:
    """Until cancelled."""
    failing = False
    while True:
        await asyncio.sleep(METRICS_EVERY_SECONDS)
        try:
            metrics.tell(measures.take())
            failing = False
        except Exception as error:  # noqa: BLE001  (whatever it is, editing goes on)
            if not failing:
                log.warning("figures are not told: %s", error)
            failing = True


async def feel_lag(measures: Measures) -> None:
    """Until cancelled: how much later than asked this loop comes to it."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOP_LAG_EVERY_SECONDS
        await asyncio.sleep(LOOP_LAG_EVERY_SECONDS)
        measures.sample("loop_lag_ms", max(0.0, loop.time() - due) * 1000)
