"""Ends a task for certain: a cancellation may be lost on the way.

A library that waits with a limit may take it for the limit's own and go on (redis-py does, about
once in ten times that its listener is cancelled as it begins to listen); whoever then waits for the
task waits for ever.
"""

import asyncio
from typing import Any

CANCEL_AGAIN_SECONDS = 0.25


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel it until it has ended, whatever it has ended with."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_SECONDS)
