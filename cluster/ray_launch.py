"""A Ray to run on: the one that is named, or one of our own for as long as it is needed."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import ray

from cluster.port_server import reach
from cluster.ray_token_file import TOKEN_NAME
from cluster.secret_file import keep_secret
from weft.errors import WeftError

logger = logging.getLogger(__name__)

NAMESPACE = "weft"
HEAD_MARK = "node:__internal_head__"  # the resource by which Ray marks the node of its head
OBJECT_STORE_BYTES = 80 * 1024 * 1024  # nothing of ours goes through it; Ray's least is 75 MiB
START_TIMEOUT_SECONDS = 60.0
START_ATTEMPTS = 2  # Ray gives its own processes 30 s; the first start on a cold disk may take more


@contextmanager
def ray_runtime(
    address: str | None, data_dir: Path, joins_at: str | None = None
) -> Iterator[str | None]:
    """Join the Ray at `address`, or run a local one meanwhile. Yields the Ray dashboard's URL.

    `joins_at`: the address of that of its nodes which this process is to be on.
    Ray prints its messages; meanwhile standard output is standard error, so that what a command
    prints as JSON stays JSON. Raises WeftError misconfigured when that Ray does not answer.
    """
    logging.getLogger("ray").setLevel(logging.ERROR)
    with redirect_stdout(sys.stderr):
        try:
            context = _join(address, joins_at) if address else _start_local(data_dir)
        except WeftError:
            raise
        except Exception as error:  # noqa: BLE001  (Ray raises bare ones too)
            where = f"The Ray at {address}" if address else "A local Ray"
            message = f"{where} does not start or answer: {error}"
            raise WeftError("misconfigured", message) from None
        try:
            yield f"http://{context.dashboard_url}" if context.dashboard_url else None
        finally:
            ray.shutdown()


def living_nodes() -> list[dict[str, Any]]:
    """As Ray tells of them; a head first."""
    found = [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    return sorted(found, key=lambda node: HEAD_MARK not in node["Resources"])


def gcs_address() -> str:
    """Of the Ray that we have joined or started, for who wants to join it too."""
    return str(ray.get_runtime_context().gcs_address)


def _join(address: str, joins_at: str | None) -> Any:
    """`auto`: the Ray of this machine. `joins_at`: the address of one of its nodes there."""
    if address != "auto":
        reach(address, "--ray-address")  # Ray itself tries for minutes
    return ray.init(
        address=address,
        namespace=NAMESPACE,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _node_ip_address=joins_at,
    )


def _start_local(data_dir: Path) -> Any:
    """Ray's own ports listen on every interface, so it asks each caller for a token of ours."""
    keep_secret(data_dir, TOKEN_NAME)
    os.environ.setdefault("RAY_AUTH_TOKEN_PATH", str(data_dir / TOKEN_NAME))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    os.environ.setdefault("RAY_worker_niceness", "0")  # people wait for ours; Ray's own is 15
    for _ in range(START_ATTEMPTS - 1):
        try:
            return _init_local()
        except Exception as error:  # noqa: BLE001  (as above)
            logger.warning("Ray did not start, once more: %s", error)
            ray.shutdown()
    return _init_local()


def _init_local() -> Any:
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
