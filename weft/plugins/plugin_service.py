"""Calls plug-ins, one process's: asks those that are asked, tells those that are told, and lets
none of them do harm (law 10). Without plug-ins there is nothing to call, and nothing is.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from weft.errors import WeftError
from weft.limits import (
    PLUGIN_QUEUE_MAX,
    PLUGIN_REST_SECONDS,
    PLUGIN_REVIEW_SLOW_SECONDS,
    PLUGIN_TIMEOUT_SECONDS,
)
from weft.models import SEED_WIDGET_TYPES, WidgetKind, WidgetTypes
from weft.plugins.containment import Tally
from weft.plugins.interface import (
    Call,
    Coming,
    Committed,
    Identity,
    Plugin,
    Proposal,
    Refusal,
    Review,
    Reviewed,
    overrides,
)
from weft.plugins.loading import Loaded, load_plugins
from weft.plugins.review import KindsReview, amend, nothing_added, seen_so_far
from weft.plugins.widget_schema import kinds_in

logger = logging.getLogger("weft.plugins")


class Plugins:
    """`close` when done. All of it runs in one event loop."""

    def __init__(
        self,
        loaded: Iterable[Loaded] = (),
        kinds: Iterable[WidgetKind] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`kinds`: types of widget beside the plug-ins' own. Raises WeftError misconfigured."""
        self._loaded = tuple(loaded)
        self._clock = clock
        self._tallies = {each.plugin.name: Tally() for each in self._loaded}
        self._asked = {
            hook: [each for each in self._loaded if overrides(each.plugin, hook)]
            for hook in ("authenticate", "authorise", "review")
        }
        self._told = {
            hook: [_Teller(each, self._tallies[each.plugin.name], clock) for each in found]
            for hook in ("committed", "loaded", "unloaded", "presence")
            if (found := [each for each in self._loaded if overrides(each.plugin, hook)])
        }
        added = [*kinds, *(one for each in self._loaded for one in each.plugin.widget_kinds())]
        try:
            self.widget_types: WidgetTypes = SEED_WIDGET_TYPES.with_kinds(*added)
        except ValueError as error:
            raise WeftError("misconfigured", str(error)) from None
        self._kinds = KindsReview(self.widget_types, [each.name for each in added])

    @classmethod
    def of(cls, wanted: Iterable[str], schemas: Mapping[str, Any] | None = None) -> "Plugins":
        """As the settings name them. Raises WeftError misconfigured."""
        return cls(load_plugins(wanted), kinds_in(schemas or {}))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._tallies)

    def counts(self) -> dict[str, Any]:
        """What each has done here, as JSON; empty: there are none."""
        return {name: tally.to_json() for name, tally in self._tallies.items()}

    def failures(self) -> dict[str, int]:
        """By plug-in: calls that failed or took too long."""
        return {name: tally.failed + tally.slow for name, tally in self._tallies.items()}

    def dropped(self) -> int:
        """What was not told to plug-ins, because too much waited."""
        return sum(tally.dropped for tally in self._tallies.values())

    async def close(self) -> None:
        for tellers in self._told.values():
            for teller in tellers:
                await teller.close()

    # --- asked while somebody waits ---------------------------------------------------------------

    @property
    def review(self) -> Review | None:
        """None: nobody reviews, and it costs nothing."""
        return self._review if self._asked["review"] or self._kinds else None

    def _review(self, proposal: Proposal) -> Reviewed | None:
        reviewed = nothing_added(proposal)
        for each in self._asked["review"]:
            reviewed = self._review_by(each, proposal, reviewed)
        self._kinds.check(proposal, reviewed)
        return reviewed if reviewed.written else None

    def _review_by(self, one: Loaded, proposal: Proposal, reviewed: Reviewed) -> Reviewed:
        name, tally, began = one.plugin.name, self._tallies[one.plugin.name], self._clock()
        if tally.rests(began):
            self._answer_for(one, "plugin_unavailable")
            return reviewed
        try:
            added = one.plugin.review(seen_so_far(proposal, reviewed))
            result = amend(reviewed, name, added) if added else reviewed
        except Refusal as refusal:
            self._reviewed(one, began)
            raise refused(name, tally, refusal) from None
        except Exception as error:  # noqa: BLE001  (law 10)
            tally.took("review", self._clock() - began)
            self._failed(one, "review", error)
            self._answer_for(one, "plugin_failed")
            return reviewed
        self._reviewed(one, began)
        tally.amended += result is not reviewed
        return result

    def _reviewed(self, one: Loaded, began: float) -> None:
        """It has answered. What it has answered counts; that it was slow counts against it."""
        tally, now = self._tallies[one.plugin.name], self._clock()
        tally.took("review", now - began)
        if now - began <= PLUGIN_REVIEW_SLOW_SECONDS:
            tally.went_well()
            return
        tally.slow += 1
        tally.went_wrong(now)
        logger.warning("plug-in %s: review took %.0f ms", one.plugin.name, 1000 * (now - began))

    async def authenticate(self, token: str, address: str | None) -> Identity | None:
        """The first one's that knows it. Raises WeftError refused, plugin_…"""
        for each in self._asked["authenticate"]:
            asked = partial(each.plugin.authenticate, token, address)
            identity: Identity | None = await self._ask(each, "authenticate", asked)
            if identity is not None:
                return identity
        return None

    @property
    def authenticates(self) -> bool:
        return bool(self._asked["authenticate"])

    async def allows(self, user_id: UUID, dashboard_id: UUID, role: str | None) -> bool:
        """Raises WeftError plugin_…"""
        for each in self._asked["authorise"]:
            try:
                await self._ask(
                    each, "authorise", partial(each.plugin.authorise, user_id, dashboard_id, role)
                )
            except WeftError as error:
                if error.code != "refused":
                    raise
                return False
        return True

    @property
    def authorises(self) -> bool:
        return bool(self._asked["authorise"])

    async def _ask(self, one: Loaded, hook: str, asked: Call) -> Any:
        tally, began = self._tallies[one.plugin.name], self._clock()
        if tally.rests(began):
            self._answer_for(one, "plugin_unavailable")
            return None
        try:
            async with asyncio.timeout(PLUGIN_TIMEOUT_SECONDS):
                answer = await asked()
        except Refusal as refusal:
            tally.took(hook, self._clock() - began)
            tally.went_well()
            raise refused(one.plugin.name, tally, refusal) from None
        except Exception as error:  # noqa: BLE001  (law 10)
            tally.took(hook, self._clock() - began)
            self._failed(one, hook, error)
            self._answer_for(one, "plugin_unavailable")
            return None
        tally.took(hook, self._clock() - began)
        tally.went_well()
        return answer

    def _failed(self, one: Loaded, hook: str, error: Exception) -> None:
        tally = self._tallies[one.plugin.name]
        tally.failed += 1
        tally.went_wrong(self._clock())
        logger.error("plug-in %s failed in %s", one.plugin.name, hook, exc_info=error)

    def _answer_for(self, one: Loaded, code: str) -> None:
        """Raises WeftError, or not: its policy."""
        if one.on_failure == "refuse":
            details: dict[str, Any] = {"plugin": one.plugin.name}
            if code == "plugin_unavailable":
                details["retryAfterMs"] = int(1000 * PLUGIN_REST_SECONDS)
            raise WeftError(code, **details)

    # --- told afterwards --------------------------------------------------------------------------

    def committed(self, dashboard_id: UUID, frame: bytes) -> None:
        """`frame`: what the room is told. Read only if somebody wants to know."""
        for teller in self._told.get("committed", ()):
            tell = partial(_tell_committed, teller.plugin, dashboard_id, frame)
            teller.put("committed", tell)

    def loaded(self, dashboard_id: UUID, version: int) -> None:
        for teller in self._told.get("loaded", ()):
            teller.put("loaded", partial(teller.plugin.loaded, dashboard_id, version))

    def unloaded(self, dashboard_id: UUID, version: int) -> None:
        for teller in self._told.get("unloaded", ()):
            teller.put("unloaded", partial(teller.plugin.unloaded, dashboard_id, version))

    def presence(self, coming: Coming) -> None:
        for teller in self._told.get("presence", ()):
            teller.put("presence", partial(teller.plugin.presence, coming))


async def _tell_committed(plugin: Plugin, dashboard_id: UUID, frame: bytes) -> None:
    await plugin.committed(Committed(dashboard_id, orjson.loads(frame)["submissions"]))


def refused(name: str, tally: Tally, refusal: Refusal) -> WeftError:
    tally.refused += 1
    return WeftError("refused", refusal.message, **{**refusal.details, "plugin": name})


class _Teller:
    """Tells one plug-in one after the other, in its own time; too much waiting is dropped."""

    def __init__(self, loaded: Loaded, tally: Tally, clock: Callable[[], float]) -> None:
        self.plugin = loaded.plugin
        self._tally = tally
        self._clock = clock
        self._waiting: asyncio.Queue[tuple[str, Call]] = asyncio.Queue(PLUGIN_QUEUE_MAX)
        self._task: asyncio.Task[None] | None = None

    def put(self, hook: str, call: Call) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"plug-in {self.plugin.name}")
        try:
            self._waiting.put_nowait((hook, call))
        except asyncio.QueueFull:
            self._tally.dropped += 1

    async def close(self) -> None:
        """What waits is told, for a bounded time."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(PLUGIN_TIMEOUT_SECONDS):
                await self._waiting.join()
        except TimeoutError:
            logger.warning("plug-in %s: %d not told", self.plugin.name, self._waiting.qsize())
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            hook, call = await self._waiting.get()
            began = self._clock()
            try:
                async with asyncio.timeout(PLUGIN_TIMEOUT_SECONDS):
                    await call()
            except Exception as error:
                self._tally.failed += 1
                logger.error("plug-in %s failed in %s", self.plugin.name, hook, exc_info=error)
            finally:
                self._tally.took(hook, self._clock() - began)
                self._waiting.task_done()
