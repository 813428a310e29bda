"""Between owners, gateways and the stores: a relay on Unix sockets that knows by the kernel which
process is at the other end, so that one process can be cut off from one store, and no other.

It runs in a thread of its own. A connection that is cut off stands still, as in a network that
loses everything, and goes on when it is mended; a new one is accepted and hears nothing.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CHUNK_BYTES = 65_536
PEER = struct.Struct("3i")  # of SO_PEERCRED: pid, uid, gid


class Relay:
    """`paths`: where to listen, and what that leads to."""

    def __init__(self, paths: dict[Path, Path]) -> None:
        self._paths = paths
        self._loop = asyncio.new_event_loop()
        self._open: dict[tuple[int, Path], asyncio.Event] = {}  # of those that are cut off
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        thread.start()
        servers = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(servers), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def cut(self, pid: int, path: Path) -> None:
        """Nothing passes between that process and what `path` leads to."""
        self._loop.call_soon_threadsafe(self._open.setdefault, (pid, path), asyncio.Event())

    def mend(self, pid: int, path: Path) -> None:
        def mend() -> None:
            mended = self._open.pop((pid, path), None)
            if mended is not None:
                mended.set()

        self._loop.call_soon_threadsafe(mend)

    async def _listen(self) -> list[asyncio.Server]:
        return [
            await asyncio.start_unix_server(self._connected(path, target), path)
            for path, target in self._paths.items()
        ]

    async def _stop(self, servers: list[asyncio.Server]) -> None:
        for server in servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, path: Path, target: Path):  # type: ignore[no-untyped-def]
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            with suppress(OSError, asyncio.CancelledError):
                await self._serve(reader, writer, (peer_of(writer), path), target)
            writer.transport.abort()

        return connected

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        end: tuple[int, Path],
        target: Path,
    ) -> None:
        await self._passable(end)
        answers, questions = await asyncio.open_unix_connection(target)
        try:
            ways = [
                asyncio.create_task(self._pass_on(reader, questions, end)),
                asyncio.create_task(self._pass_on(answers, writer, end)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            questions.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, end: tuple[int, Path]
    ) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._passable(end)
            writer.write(chunk)
            await writer.drain()

    async def _passable(self, end: tuple[int, Path]) -> None:
        while end in self._open:
            await self._open[end].wait()


def peer_of(writer: asyncio.StreamWriter) -> int:
    """The process at the other end."""
    end: socket.socket = writer.get_extra_info("socket")
    raw = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    pid, _, _ = PEER.unpack(raw)
    return int(pid)
