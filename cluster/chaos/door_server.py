"""One address for several gateways, as a balancer gives it: who comes is led to the first that
accepts. Each table of a run has its favourite gateway first, and is led elsewhere while it is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

PIECE_BYTES = 65_536
Address = tuple[str, int]  # host, port


class Door:
    """`addresses`: where it leads, the favourite first; they may be changed while it is open."""

    def __init__(self, addresses: Sequence[Address] = ()) -> None:
        self.addresses = list(addresses)
        self._passing: dict[asyncio.Task[None], Address | None] = {}  # None: not led anywhere yet

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Yields its URL."""
        server = await asyncio.start_server(self._come, "127.0.0.1", 0)
        try:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in self._passing:
                task.cancel()
            await asyncio.gather(*self._passing, return_exceptions=True)

    def close_to(self, address: Address) -> None:
        """Its health check has failed: who is led there is let go of."""
        self.addresses.remove(address)
        for task, led_to in self._passing.items():
            if led_to == address:
                task.cancel()

    def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._lead(reader, writer))
        self._passing[task] = None
        task.add_done_callback(self._passing.pop)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            for address in self.addresses:
                with suppress(OSError):
                    far_reader, far_writer = await asyncio.open_connection(*address)
                    self._passing[task] = address
                    await join((reader, far_writer), (far_reader, writer))
                    return
        finally:
            writer.transport.abort()


async def join(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """What is read from the one is written to the other, until every way has ended."""
    await asyncio.gather(*(_pour(*way) for way in ways))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
