"""`weft rolling-restart`: every owner and gateway in turn, while people go on editing."""

import argparse
import json
import time

from cluster.data_dir_file import find_running
from cluster.ray_token_file import show_token
from cluster.settings import Settings
from weft.errors import WeftError


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    address = ray_of(settings)
    from cluster.ray_launch import ray_runtime  # noqa: PLC0415  (the token comes before Ray)
    from cluster.ray_rolling_restart import restart_all  # noqa: PLC0415

    def say(text: str) -> None:
        if not arguments.json:
            print(text, flush=True)

    began = time.monotonic()
    with ray_runtime(address, settings.data_dir):
        restarted = restart_all(say)
    seconds = round(time.monotonic() - began, 1)
    if arguments.json:
        print(json.dumps({"restarted": restarted, "seconds": seconds}))
    else:
        print(f"{len(restarted)} restarted in {seconds} s")
    return 0


def ray_of(settings: Settings) -> str:
    """Where to join it. Call it before Ray is imported. Raises WeftError misconfigured."""
    if settings.ray_address is not None:
        return settings.ray_address
    address = _address_here(settings)
    show_token(settings.data_dir)
    return address


def _address_here(settings: Settings) -> str:
    running = find_running(settings.data_dir)
    if running is None or not running.ray_address:
        message = (
            f"No Weft runs on {settings.data_dir}: name its Ray with --ray-address, "
            "or its --data-dir."
        )
        raise WeftError("misconfigured", message)
    return running.ray_address
