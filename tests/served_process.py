"""A service in a process of its own, so that it can be killed, stopped, woken, or cut off.

It says over a pipe that it is ready, and answers there what it is asked. Its loop is uvloop, as in
a Ray actor: asyncio's own keeps a copy of each frame that waits for a reader.
"""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import uvloop

START_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass
Serve = Callable[..., Awaitable[tuple[Any, Callable[[Any], Any]]]]


class ServedProcess:
    """`ready`: what it said when it was."""

    def __init__(self, ready: Any, process: BaseProcess, pipe: Connection) -> None:
        assert process.pid is not None
        self.ready = ready
        self.pid = process.pid
        self._process = process
        self._pipe = pipe

    async def ask(self, question: Any = None) -> Any:
        """Its answer, when it runs."""
        self._pipe.send(question)
        return await asyncio.to_thread(self._pipe.recv)

    def kill(self) -> None:
        """`kill -9`, and it is gone when this returns."""
        self._process.kill()
        self._process.join()


@contextmanager
def served_process(serve: Serve, *order: object) -> Iterator[ServedProcess]:
    """`serve(*order)` starts the service, there; it returns what to say then, and who answers.

    A function of a module: it is found there by its name.
    """
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_run, args=(serve, theirs, order))
    process.start()
    try:
        assert ours.poll(START_SECONDS), f"{serve.__name__} does not come to serve"
        yield ServedProcess(ours.recv(), process, ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


def _run(serve: Serve, pipe: Connection, order: tuple[object, ...]) -> None:
    uvloop.run(_serve(serve, pipe, order))


async def _serve(serve: Serve, pipe: Connection, order: tuple[object, ...]) -> None:
    ready, answer = await serve(*order)
    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), lambda: pipe.send(answer(pipe.recv())))
    pipe.send(ready)
    await asyncio.Event().wait()
