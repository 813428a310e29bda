"""Ray places, names and restarts owners and gateways; operations never travel through it.

An actor that Ray has restarted comes back by itself: its constructor starts its service. What is
left of a system that was killed is ended first; until then PostgreSQL's fence keeps law 5.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from cluster.secret_file import keep_secret
from weft.errors import WeftError

NAMESPACE = "weft"
OBJECT_STORE_BYTES = 80 * 1024 * 1024  # nothing of ours goes through it; Ray's least is 75 MiB
START_TIMEOUT_SECONDS = 60.0
ACTOR_OPTIONS: dict[str, Any] = {
    "namespace": NAMESPACE,
    "num_cpus": 0,  # they wait for sockets: Ray shall not count them against the cores
    "max_restarts": -1,
    "max_task_retries": 0,
    "scheduling_strategy": "SPREAD",
}


@contextmanager
def ray_runtime(address: str | None, data_dir: Path) -> Iterator[str | None]:
    """Join the Ray at `address`, or run a local one meanwhile. Yields the Ray dashboard's URL.

    Raises WeftError misconfigured when that Ray does not answer.
    """
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        context = _join(address) if address else _start_local(data_dir)
    except (RayError, ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        where = f"The Ray at {address}" if address else "A local Ray"
        raise WeftError("misconfigured", f"{where} does not start or answer: {error}") from None
    try:
        yield f"http://{context.dashboard_url}" if context.dashboard_url else None
    finally:
        ray.shutdown()


def _join(address: str) -> Any:
    return ray.init(address=address, namespace=NAMESPACE, log_to_driver=False)


def _start_local(data_dir: Path) -> Any:
    """Ray's own ports listen on every interface, so it asks each caller for a token of ours."""
    keep_secret(data_dir, "ray_token")
    os.environ.setdefault("RAY_AUTH_TOKEN_PATH", str(data_dir / "ray_token"))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    return ray.init(
        address="local",  # whatever RAY_ADDRESS says
        namespace=NAMESPACE,
        num_cpus=1,
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=True,
        dashboard_host="127.0.0.1",
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


def end_leftovers(names: list[str]) -> None:
    """On a Ray that outlives us, actors of these names may be left of a system that was killed."""
    for name in names:
        with suppress(ValueError):  # there is none
            ray.kill(ray.get_actor(name, namespace=NAMESPACE), no_restart=True)
