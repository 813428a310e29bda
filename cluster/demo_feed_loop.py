"""Makes one chart of the demo move while somebody looks at it; when nobody does, nothing is fed.

Through the HTTP API, as any producer might. What fails is tried again at the next look.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any, Final

from cluster import demo
from weft.client.admin import AdminClient
from weft.errors import WeftError
from weft.models import SessionCreate

LOOK_EVERY_SECONDS: Final = 2.0  # whether somebody is there
FEED_EVERY_SECONDS: Final = 0.5
POINTS: Final = 40
CALM: Final = 60.0  # what the figures come back to

log = logging.getLogger("weft.demo")

Connect = Callable[[str], AdminClient]


class Figures:
    """A walk that comes back to where it began, and the last points of it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._values: deque[tuple[str, float]] = deque(maxlen=POINTS)

    def next(self, label: str) -> dict[str, Any]:
        """What a chart is fed: labels and one series, the newest last."""
        last = self._values[-1][1] if self._values else CALM
        value = max(0.0, last + (CALM - last) * 0.06 + self._chance.gauss(0, 5))
        self._values.append((label, round(value, 1)))
        labels, values = zip(*self._values, strict=True)
        return {"labels": list(labels), "series": [{"name": "Orders", "values": list(values)}]}


async def keep_feeding(connect: Connect, admin_key: str) -> None:
    """Until cancelled. `connect` makes a client of a token."""
    figures = Figures(random.Random())
    token: str | None = None
    while True:
        try:
            token = token or await _token(connect, admin_key)
            async with connect(token) as owner:
                while True:
                    if await owner.history.online(demo.LIVE_DASHBOARD):
                        await _feed_until_next_look(owner, figures)
                    else:
                        await asyncio.sleep(LOOK_EVERY_SECONDS)
        except WeftError as error:
            if error.code == "unauthenticated":
                token = None  # somebody has ended the session
            log.info("The demo feed waits: %s", error)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


@contextmanager
def feeding(connect: Connect, admin_key: str) -> Iterator[None]:
    """In a thread of its own, for as long as the context lasts."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(keep_feeding(connect, admin_key))

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = Thread(target=run, name="demo feed", daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(RuntimeError):  # it has ended by itself
            loop.call_soon_threadsafe(task.cancel)
        thread.join()


async def _token(connect: Connect, admin_key: str) -> str:
    async with connect(admin_key) as admin:
        user = await admin.users.find(username=demo.OWNER)
        if user is None:
            raise WeftError("not_found", "Who owns the demo is not there.")
        return (await admin.sessions.open(SessionCreate(user_id=user.id))).token


async def _feed_until_next_look(owner: AdminClient, figures: Figures) -> None:
    for _ in range(round(LOOK_EVERY_SECONDS / FEED_EVERY_SECONDS)):
        value = figures.next(time.strftime("%H:%M:%S"))
        await owner.widgets.feed(demo.LIVE_DASHBOARD, demo.LIVE_WIDGET, value)
        await asyncio.sleep(FEED_EVERY_SECONDS)
