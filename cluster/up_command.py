"""`weft up`: the whole system in the foreground, until Ctrl-C or SIGTERM; with --detach, on a Ray
cluster, until `weft down`.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from cluster.detached_service import start_detached
from cluster.settings import Settings
from cluster.system_service import Ready, running_system

WATCH_EVERY_SECONDS = 1.0


class StopRequested(BaseException):
    """The user wants it to end while it is still starting."""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    out, as_json = sys.stdout, arguments.json
    with _stop_signals() as stop:

        def say(text: str) -> None:
            if not as_json:
                print(text, file=out, flush=True)

        try:
            if arguments.detach:
                _announce(start_detached(settings, say), settings, out, as_json)
                return 0
            with running_system(settings, say) as system:
                stop.started()
                _announce(system, settings, out, as_json)
                while not stop.wait(WATCH_EVERY_SECONDS):
                    for news in (*system.fleet.look(), *system.fleet.balance()):
                        say(news)
        except StopRequested:
            say("stopped before it was ready")
        else:
            say("stopped")
    return 0


class _Stop:
    """A signal breaks off the start; later it asks for an end in order; a second one insists."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._has_started = False

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        if not self._has_started:
            raise StopRequested

    def started(self) -> None:
        """Ray has put handlers of its own in the place of ours."""
        self.listen()
        self._has_started = True

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle)

    def wait(self, seconds: float) -> bool:
        return self._asked.wait(seconds)


@contextmanager
def _stop_signals() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stop.listen()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(system: Ready, settings: Settings, out: TextIO, as_json: bool) -> None:
    running = system.running
    if as_json:
        ready = {
            "ready": True,
            "ws": running.ws,
            "http": running.http,
            "admin_key": running.admin_key,
            "ray_dashboard": system.ray_dashboard,
            "gateways": system.gateways,
        }
        print(json.dumps(ready), file=out, flush=True)
        return
    lines = ["", "Weft is ready."]
    for urls in system.gateways:
        lines += [f"  clients    {urls['ws']}", f"  HTTP       {urls['http']}"]
    lines.append(f"  admin key  {running.admin_key}")
    if system.ray_dashboard:
        lines.append(f"  Ray        {system.ray_dashboard}")
        if settings.ray_address is None:
            lines.append(f"             (its token: {settings.data_dir / 'ray_token'})")
    lines += [
        f"  data       {settings.data_dir}",
        "`weft down` ends it." if running.is_detached else "Ctrl-C stops it.",
        "",
    ]
    print("\n".join(lines), file=out, flush=True)
