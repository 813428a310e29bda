"""`weft down`: ends a detached system, or one in the foreground of another terminal, in order."""

import argparse
import json
import os
import signal
import time

from cluster.data_dir_file import find_running
from cluster.ray_token_file import show_token
from cluster.settings import Settings
from weft.errors import WeftError
from weft.limits import STOP_TIMEOUT_SECONDS

LOOK_AGAIN_SECONDS = 0.2


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    running = find_running(settings.data_dir)
    if settings.ray_address is None and running is None:
        message = (
            f"No Weft runs on {settings.data_dir}: name its --data-dir, or its Ray with "
            "--ray-address."
        )
        raise WeftError("misconfigured", message)
    if running is not None and not running.is_detached:
        os.kill(running.pid, signal.SIGTERM)
        _wait_until_it_ended(settings)
        ended = [f"process {running.pid}"]
    else:
        show_token(settings.data_dir)
        from cluster.detached_service import end_detached  # noqa: PLC0415  (the token comes first)

        address = settings.ray_address or (running.ray_address if running else "")
        ended = end_detached(address, settings)
    print(json.dumps({"ended": ended}) if arguments.json else f"ended: {', '.join(ended)}")
    return 0


def _wait_until_it_ended(settings: Settings) -> None:
    deadline = time.monotonic() + 6 * STOP_TIMEOUT_SECONDS  # gateways, owners, Ray, the stores
    while find_running(settings.data_dir) is not None:
        if time.monotonic() > deadline:
            raise WeftError("internal", "It was told to stop and has not yet.")
        time.sleep(LOOK_AGAIN_SECONDS)
