"""`weft drain`: what runs on this node goes on elsewhere, before the node is stopped."""

import argparse
import json

from cluster.rolling_restart_command import ray_of
from cluster.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    address = ray_of(settings)
    from cluster.ray_drain import drain_here  # noqa: PLC0415  (the token comes before Ray)
    from cluster.ray_launch import ray_runtime  # noqa: PLC0415

    def say(text: str) -> None:
        if not arguments.json:
            print(text, flush=True)

    with ray_runtime(address, settings.data_dir):
        drained = drain_here(say)
    if arguments.json:
        print(json.dumps(drained))
    return 0
