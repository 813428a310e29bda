"""Every owner and gateway is restarted, one after the other, while people go on editing.

Before one stops, others have taken over what it does: an owner's dashboards move live to the other
owners; a gateway's clients are sent, at moments spread over some seconds, to a spare that listens
on the same ports. A spare stands in for an only owner, too.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError

from actors.owner_actor import OwnerActor
from cluster.ray_launch import NAMESPACE, START_TIMEOUT_SECONDS
from gateway.gateway_actor import GatewayActor
from weft.errors import WeftError

logger = logging.getLogger(__name__)

Say = Callable[[str], None]
OWNER, GATEWAY, SPARE = "owner-", "gateway-", "spare-"
STEP_TIMEOUT_SECONDS = 120.0  # of one step of one member; then it is given up
STOP_TIMEOUT_SECONDS = 30.0  # longer than a stop in order takes
LIFE_TIMEOUT_SECONDS = 5.0  # a busy machine takes some for a new process
LOOK_AGAIN_SECONDS = 0.1


def members(prefix: str) -> list[str]:
    """The names of those that run, spares not among them."""
    found = ray.util.list_named_actors(all_namespaces=True)
    names = [each["name"] for each in found if each["namespace"] == NAMESPACE]
    return sorted(name for name in names if name.startswith(prefix))


def restart_all(say: Say) -> list[str]:
    """In the Ray that this process has joined; who was restarted.

    Raises WeftError misconfigured (nothing runs there), internal (one did not come back).
    """
    owners, gateways = members(OWNER), members(GATEWAY)
    if not owners or not gateways:
        raise WeftError("misconfigured", "No Weft runs on this Ray.")
    for name in owners:
        say(f"{name}: its dashboards move")
        restart_owner(name, is_alone=len(owners) == 1)
    for name in gateways:
        say(f"{name}: its clients move")
        restart_gateway(name)
    return [*owners, *gateways]


def restart_one(role: str, lot: float) -> str:
    """One of that role, whom `lot` in [0, 1) chooses; its name. Raises WeftError as above, or
    owner_unavailable: there is none now.
    """
    names = members(f"{role}-")
    if not names:
        raise WeftError("owner_unavailable", f"There is no {role}.")
    name = names[int(lot * len(names))]
    try:
        if role == "owner":
            restart_owner(name, is_alone=len(names) == 1)
        else:
            restart_gateway(name)
    except (RayError, ValueError) as error:  # it has gone meanwhile, or all of Ray stands still
        raise WeftError("internal", f"{name} is not restarted: {error}") from None
    return name


def restart_owner(name: str, *, is_alone: bool) -> None:
    owner = ray.get_actor(name, namespace=NAMESPACE)
    if not is_alone:
        with _leaving(owner):
            _stop_and_start(owner)
        return
    settings, rest = _order_of(owner)
    with _standing_in(OwnerActor, replace(settings, owner_id=SPARE + name), rest, owner) as spare:
        with _leaving(owner):
            _stop_and_start(owner)
        _drain(spare)


def restart_gateway(name: str) -> None:
    gateway = ray.get_actor(name, namespace=NAMESPACE)
    settings, rest = _order_of(gateway)
    order = replace(settings, gateway_id=SPARE + name)
    with _standing_in(GatewayActor, order, rest, gateway, True):
        _stop_and_start(gateway, True)


@contextmanager
def _standing_in(
    actor: Any, settings: Any, rest: list[Any], beside: Any, *stop_arguments: Any
) -> Iterator[Any]:
    """Another like it on the same node, for as long as it is needed."""
    node_id = _node_of(beside)
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node_id, soft=False)
    options = {"namespace": NAMESPACE, "num_cpus": 0, "scheduling_strategy": strategy}
    name = getattr(settings, "owner_id", None) or settings.gateway_id
    spare = actor.options(name=name, **options).remote(settings, *rest)
    try:
        _ask(spare.start.remote())
        yield spare
        _stop(spare, *stop_arguments)
    finally:
        ray.kill(spare)


def _order_of(member: Any) -> tuple[Any, list[Any]]:
    """Its settings, and what else it was made of."""
    order = _ask(member.order.remote())
    return order[0], list(order[1:])


def _node_of(member: Any) -> str:
    return str(_ask(member.node_id.remote()))


@contextmanager
def _leaving(owner: Any) -> Iterator[None]:
    """Its dashboards are elsewhere. If it does not come to a restart, it takes new ones again."""
    try:
        _drain(owner)
        yield
    except BaseException:  # a Ctrl-C too
        owner.stay.remote()
        raise


def _drain(owner: Any) -> None:
    _ask(owner.drain.remote())


def _stop_and_start(member: Any, *stop_arguments: Any) -> None:
    """What answers for a moment after the kill is still the old one, which stands no more."""
    before = _ask(member.life.remote())
    _stop(member, *stop_arguments)
    ray.kill(member, no_restart=False)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while _life(member) in (None, before):
        if time.monotonic() > deadline:
            raise WeftError("internal", "Ray does not bring it back.")
        time.sleep(LOOK_AGAIN_SECONDS)
    _ask(member.start.remote())


def _stop(member: Any, *stop_arguments: Any) -> None:
    """In order, if it can. What hangs is killed all the same: its clients come back and resend."""
    try:
        ray.get(member.stop.remote(*stop_arguments), timeout=STOP_TIMEOUT_SECONDS)
    except RayError as error:
        logger.warning("did not stop in order, and is killed: %s", error)


def _life(member: Any) -> str | None:
    """None: nobody answers yet."""
    try:
        return str(ray.get(member.life.remote(), timeout=LIFE_TIMEOUT_SECONDS))
    except RayError:
        return None


def _ask(asked: Any) -> Any:
    try:
        return ray.get(asked, timeout=STEP_TIMEOUT_SECONDS)
    except RayError as error:
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, WeftError):
            raise cause from None
        raise WeftError("internal", f"{type(cause).__name__}: {cause}") from None
