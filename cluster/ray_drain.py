"""The members on this node of Ray give away what they do, before the node is stopped.

Owners give their dashboards to owners that stay, live; clients of gateways are told to go, and come
back by whatever leads them to another. Members are bound to their node: those of a node that stays
away are forgotten, and those that Ray starts again on it are as new.
"""

from collections.abc import Callable
from typing import Any

import ray
from ray.exceptions import RayError

from cluster.ray_launch import NAMESPACE
from cluster.ray_rolling_restart import GATEWAY, OWNER, STEP_TIMEOUT_SECONDS, members
from weft.errors import WeftError
from weft.limits import STOP_TIMEOUT_SECONDS

NODE_TIMEOUT_SECONDS = 5.0  # of a member asked where it is; one that does not answer is left alone


def drain_here(say: Callable[[str], None]) -> dict[str, list[str]]:
    """Of the node that this process has joined Ray at: {"owners": names, "gateways": names}."""
    here = str(ray.get_runtime_context().get_node_id())
    owners, gateways = on_node(here, members(OWNER)), on_node(here, members(GATEWAY))
    for name, owner in owners.items():
        given = _answer(name, owner.drain.remote())
        say(f"{name}: {given} dashboards have moved")
    stopping = [gateway.stop.remote() for gateway in gateways.values()]
    if stopping:
        ray.wait(stopping, num_returns=len(stopping), timeout=2 * STOP_TIMEOUT_SECONDS)
    for name in gateways:  # clients are told first; what hangs afterwards ends with the node
        say(f"{name}: its clients are told")
    return {"owners": list(owners), "gateways": list(gateways)}


def on_node(node_id: str, names: list[str]) -> dict[str, Any]:
    found = {}
    for name in names:
        try:
            member: Any = ray.get_actor(name, namespace=NAMESPACE)
            where: Any = ray.get(member.node_id.remote(), timeout=NODE_TIMEOUT_SECONDS)
        except (RayError, ValueError):  # it has gone meanwhile
            continue
        if where == node_id:
            found[name] = member
    return found


def _answer(name: str, asked: Any) -> Any:
    """Raises WeftError internal."""
    try:
        return ray.get(asked, timeout=STEP_TIMEOUT_SECONDS)
    except RayError as error:
        raise WeftError("internal", f"{name} is not drained: {error}") from None
