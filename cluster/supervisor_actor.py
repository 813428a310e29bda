"""Keeps a detached system whole when the command that has started it is long gone: a Ray actor that
looks at the fleet each second. It remembers nothing: one that Ray has restarted takes over whom it
finds.
"""

import logging
import threading
from concurrent.futures import Future
from typing import Any

import ray

from cluster.log_line import log_as_json
from cluster.ray_fleet import Fleet, FleetOrder
from cluster.ray_launch import HEAD_MARK, NAMESPACE

SUPERVISOR = "supervisor"
LOOK_EVERY_SECONDS = 1.0
HEAD_SHARE = 0.001  # of the mark, of which a head has one: as good as nothing

logger = logging.getLogger("weft.supervisor")


@ray.remote
class SupervisorActor:
    def __init__(self, order: FleetOrder) -> None:
        log_as_json(SUPERVISOR)
        self._fleet = Fleet(order)
        self._urls: Future[list[dict[str, str]]] = Future()
        is_successor = ray.get_runtime_context().was_current_actor_reconstructed
        keeping = threading.Thread(target=self._keep, args=(is_successor,), daemon=True)
        keeping.start()

    def start(self) -> list[dict[str, str]]:
        """Wait until everybody serves; where the gateways listen. Raises what kept one from it."""
        return self._urls.result()

    def _keep(self, is_successor: bool) -> None:
        try:
            if is_successor:
                self._fleet.adopt()
            self._urls.set_result([] if is_successor else self._fleet.begin())
        except BaseException as error:  # noqa: BLE001  (whoever has started us is told)
            self._urls.set_exception(error)
            return
        waiting = threading.Event()
        while not waiting.wait(LOOK_EVERY_SECONDS):
            try:
                for news in (*self._fleet.look(), *self._fleet.balance()):
                    logger.info(news)
            except Exception:
                logger.exception("no look at the fleet came off")


def start_supervisor(order: FleetOrder) -> Any:
    """On the node of Ray's own head, whichever that becomes: without a head nothing is kept anyway.
    A wish alone (soft affinity) is not always heard, and one that dies with another node is only
    missed when Ray misses that node, which takes 10 to 20 s.
    """
    make: Any = SupervisorActor
    return make.options(
        name=SUPERVISOR,
        namespace=NAMESPACE,
        lifetime="detached",
        num_cpus=0,
        max_restarts=-1,
        max_concurrency=2,
        resources={HEAD_MARK: HEAD_SHARE},
    ).remote(order)


def find_supervisor() -> Any | None:
    """On the Ray that we have joined."""
    try:
        return ray.get_actor(SUPERVISOR, namespace=NAMESPACE)
    except ValueError:
        return None
