"""Many who ask for the same at once are served by few runs, by none that began before they asked.

So no answer is older than its question, as it would be if a run under way were shared: of each key
at most one run is under way, and one waits for it to end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class SingleFlight:
    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._waiting: dict[str, asyncio.Task[Any]] = {}

    async def run(self, key: str, fetch: Callable[[], Awaitable[Any]]) -> Any:
        """What `fetch` gives, this one or that of another who asks for the key. Raises as it does.

        Who gives up does not end it for the others.
        """
        waiting = self._waiting.get(key)
        if waiting is None:
            before = self._running.get(key)
            waiting = asyncio.create_task(self._fly(key, fetch, before))
            waiting.add_done_callback(_heed)
            self._waiting[key] = waiting
        return await asyncio.shield(waiting)

    async def _fly(
        self,
        key: str,
        fetch: Callable[[], Awaitable[Any]],
        before: asyncio.Task[Any] | None,
    ) -> Any:
        if before is not None:
            await asyncio.wait([before])
        mine = self._running[key] = self._waiting.pop(key)
        try:
            return await fetch()
        finally:
            if self._running.get(key) is mine:
                del self._running[key]


def _heed(done: asyncio.Task[Any]) -> None:
    """An error that nobody waits for any more is no news."""
    if not done.cancelled():
        done.exception()
