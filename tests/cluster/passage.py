"""A process that leads TCP addresses to Unix sockets: `python -m tests.cluster.passage
ADDRESS PORT PATH …`. So embedded stores are reached as others are, by an address that can be cut
off. It says `open` when it listens, and ends by being killed.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen

from cluster.chaos.door_server import join

Target = tuple[str, int, str]  # address, port, path


@contextmanager
def passage(*targets: Target) -> Iterator[None]:
    words = [str(word) for target in targets for word in target]
    command = [sys.executable, "-m", "tests.cluster.passage", *words]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield
        finally:
            process.kill()


async def _serve(words: list[str]) -> None:
    for address, port, path in zip(words[::3], words[1::3], words[2::3], strict=True):

        async def lead(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = path
        ) -> None:
            try:
                far_reader, far_writer = await asyncio.open_unix_connection(path)
            except OSError:  # it is away
                writer.transport.abort()
                return
            await join((reader, far_writer), (far_reader, writer))

        await asyncio.start_server(lead, address, int(port))
    print("open", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1:]))
