"""Law 3, nothing is lost: what was said to a server that has vanished is said to another one soon.

A host that vanishes closes nothing, and TCP tries for minutes. So whoever has said something, and
hears nothing for a while, asks whether anybody is there.
"""

import asyncio
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed


async def leave_when_silent(
    socket: ClientConnection,
    said: asyncio.Event,
    heard: Callable[[], int | None],
    patience_seconds: float,
) -> bool:
    """Cut the socket on which nobody answers; end with it. Whether it was cut.

    `said` is set whenever something has been. `heard`: how many frames have come, None while
    a busy server may take its time.
    """
    try:
        while True:
            await said.wait()
            said.clear()
            before = heard()
            await asyncio.sleep(patience_seconds)
            if before is not None and heard() == before:
                async with asyncio.timeout(patience_seconds):
                    await (await socket.ping())
    except TimeoutError:
        socket.transport.abort()
        return True
    except ConnectionClosed:
        return False
