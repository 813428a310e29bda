"""Ray places, names and restarts owners and gateways; operations never travel through it.

An actor that Ray has restarted comes back by itself: its constructor starts its service. What is
left of a system that was killed may live for some seconds; PostgreSQL's fence keeps law 5.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from uuid import UUID

import ray
from ray.exceptions import RayError

from actors.owner_actor import OwnerActor
from actors.owner_settings import OwnerSettings
from cluster.balance_loop import Rebalancer
from cluster.port_server import reach
from cluster.ray_token_file import TOKEN_NAME
from cluster.secret_file import keep_secret
from gateway.gateway_actor import GatewayActor
from gateway.service import GatewaySettings
from weft.errors import WeftError
from weft.limits import MOVE_TIMEOUT_SECONDS, STOP_TIMEOUT_SECONDS
from weft.tracing import Telemetry

logger = logging.getLogger(__name__)

NAMESPACE = "weft"
OBJECT_STORE_BYTES = 80 * 1024 * 1024  # nothing of ours goes through it; Ray's least is 75 MiB
START_TIMEOUT_SECONDS = 60.0
START_ATTEMPTS = 2  # Ray gives its own processes 30 s; the first start on a cold disk may take more
WATCH_TIMEOUT_SECONDS = 5.0
LOST_AFTER_SECONDS = 60.0  # Ray brings an actor back in two; one away for so long will not come
LEFTOVER_TIMEOUT_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.2
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

    Ray prints its messages; meanwhile standard output is standard error, so that what a command
    prints as JSON stays JSON. Raises WeftError misconfigured when that Ray does not answer.
    """
    logging.getLogger("ray").setLevel(logging.ERROR)
    with redirect_stdout(sys.stderr):
        try:
            context = _join(address) if address else _start_local(data_dir)
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


def gcs_address() -> str:
    """Of the Ray that we have joined or started, for who wants to join it too."""
    return str(ray.get_runtime_context().gcs_address)


def _join(address: str) -> Any:
    """`auto`: the Ray of this machine."""
    if address != "auto":
        reach(address, "--ray-address")  # Ray itself tries for minutes
    return ray.init(
        address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR
    )


def _start_local(data_dir: Path) -> Any:
    """Ray's own ports listen on every interface, so it asks each caller for a token of ours."""
    keep_secret(data_dir, TOKEN_NAME)
    os.environ.setdefault("RAY_AUTH_TOKEN_PATH", str(data_dir / TOKEN_NAME))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
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


class Fleet:
    """The owners and gateways of one system, by name."""

    def __init__(self, postgres_url: str, redis_url: str, telemetry: Telemetry) -> None:
        self._stores = (postgres_url, redis_url)
        self._telemetry = telemetry
        self._owners: dict[str, Any] = {}
        self._gateways: dict[str, Any] = {}
        self._away_since: dict[str, float] = {}  # by the monotonic clock
        self._rebalancer = Rebalancer(self._ask_reports, self._move)

    def start_owners(self, orders: list[OwnerSettings]) -> None:
        """Before the gateways, so that one that serves finds an owner."""
        for order in orders:
            make = _named(OwnerActor, order.owner_id)
            self._owners[order.owner_id] = make.remote(order, *self._stores, self._telemetry)
        _answers([owner.start.remote() for owner in self._owners.values()], START_TIMEOUT_SECONDS)

    def start_gateways(self, orders: list[GatewaySettings]) -> list[dict[str, str]]:
        """Where each listens: {"ws": url, "http": url}."""
        for order in orders:
            make = _named(GatewayActor, order.gateway_id)
            self._gateways[order.gateway_id] = make.remote(order, *self._stores, self._telemetry)
        starting = [gateway.start.remote() for gateway in self._gateways.values()]
        return _answers(starting, START_TIMEOUT_SECONDS)

    def watch(self) -> list[str]:
        """What has happened to them since the last look; Ray itself restarts who has died.

        Raises WeftError internal when one does not come back.
        """
        members = {**self._owners, **self._gateways}
        asked = {name: member.status.remote() for name, member in members.items()}
        away = {name for name, answer in asked.items() if not _is_answered(answer)}
        now = time.monotonic()
        for name in away:
            if now - self._away_since.get(name, now) > LOST_AFTER_SECONDS:
                raise WeftError("internal", f"Ray has not brought {name} back.")
        news = [f"{name} is away, Ray restarts it" for name in sorted(away - {*self._away_since})]
        news += [f"{name} is back" for name in sorted({*self._away_since} - away)]
        self._away_since = {name: self._away_since.get(name, now) for name in away}
        return news

    def balance(self) -> list[str]:
        """What has moved, because its owner had much more to do than others."""
        return self._rebalancer.step(time.monotonic())

    def _ask_reports(self) -> dict[str, dict[str, Any]]:
        asked = [owner.report.remote() for owner in self._owners.values()]
        return dict(zip(self._owners, _answers(asked, WATCH_TIMEOUT_SECONDS), strict=True))

    def _move(self, dashboard_id: UUID, giver: str, taker: str) -> None:
        [heir] = _answers([self._owners[taker].start.remote()], WATCH_TIMEOUT_SECONDS)
        moving = self._owners[giver].move.remote(dashboard_id, heir)
        _answers([moving], MOVE_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """Gateways first: their clients are told; then owners, who write their checkpoints."""
        for members in (self._gateways, self._owners):
            stopping = [member.stop.remote() for member in members.values()]
            try:
                _answers(stopping, 2 * STOP_TIMEOUT_SECONDS)
            except WeftError as error:
                logger.warning("not all stopped in order: %s", error)
            for member in members.values():
                ray.kill(member)


def _named(actor: Any, name: str) -> Any:
    """On a Ray that outlives us, an actor of a `weft up` that was killed ends a little after it.

    Raises WeftError misconfigured when the name stays taken.
    """
    deadline = time.monotonic() + LEFTOVER_TIMEOUT_SECONDS
    while _exists(name):
        if time.monotonic() > deadline:
            message = f"Another Weft runs on this Ray: it has an actor {name}."
            raise WeftError("misconfigured", message)
        time.sleep(LOOK_AGAIN_SECONDS)
    return actor.options(name=name, **ACTOR_OPTIONS)


def _exists(name: str) -> bool:
    try:
        ray.get_actor(name, namespace=NAMESPACE)
    except ValueError:
        return False
    return True


def _is_answered(asked: Any) -> bool:
    try:
        ray.get(asked, timeout=WATCH_TIMEOUT_SECONDS)
    except RayError:
        return False
    return True


def _answers(asked: list[Any], timeout_seconds: float) -> list[Any]:
    """Raises the WeftError of the first that failed with one, else internal."""
    try:
        answers: list[Any] = ray.get(asked, timeout=timeout_seconds)
    except RayError as error:
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, WeftError):
            raise cause from None
        raise WeftError("internal", f"{type(cause).__name__}: {cause}") from None
    return answers
