"""Carries out on Ray what the fleet's heart says. Ray places, names and restarts owners and
gateways; operations never travel through it.

An actor that Ray has restarted comes back by itself: its constructor starts its service. What is
left of a system that was killed may live for some seconds; PostgreSQL's fence keeps law 5.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError, TaskCancelledError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.owner_actor import OwnerActor
from actors.owner_settings import OwnerSettings
from cluster.balance import Relocation
from cluster.balance_loop import Rebalancer
from cluster.fleet import GATEWAY, OWNER, Condition, FleetKeeper, Forget, Node, Post, Shape, posts
from cluster.ray_launch import NAMESPACE, START_TIMEOUT_SECONDS, living_nodes
from gateway.gateway_actor import GatewayActor
from gateway.service import GatewaySettings
from weft.errors import WeftError
from weft.limits import MOVE_TIMEOUT_SECONDS, STOP_TIMEOUT_SECONDS
from weft.tracing import Telemetry

logger = logging.getLogger(__name__)

TAG_LETTERS = 8  # of a node's id, in the names of who is on it
ANSWER_TIMEOUT_SECONDS = 1.0
AWAY_AFTER_SECONDS = 3.0  # without an answer
WATCH_TIMEOUT_SECONDS = 5.0
LEFTOVER_TIMEOUT_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FleetOrder:
    """What members are made of. `gateways`: those of each node, by number. Where `host` is empty
    they listen on their node's address. `is_alone`: on a Ray of its own, which is one node;
    `outlives`: its members do not end with who started them.
    """

    shape: Shape
    owner: OwnerSettings
    gateways: tuple[GatewaySettings, ...]
    postgres_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    telemetry: Telemetry
    is_alone: bool = True
    outlives: bool = False


@dataclass(slots=True)
class Member:
    actor: Any
    condition: Condition = Condition.AWAY  # until it answers for the first time
    has_served: bool = False
    asked: Any = None  # the answer that is awaited
    asked_at: float = 0.0  # by the monotonic clock


class Fleet:
    """The owners and gateways of one system, by name."""

    def __init__(self, order: FleetOrder) -> None:
        self._order = order
        self._keeper = FleetKeeper(order.shape)
        self._members: dict[str, Member] = {}
        self._rebalancer = Rebalancer(self._ask_reports, self._move)

    def begin(self) -> list[dict[str, str]]:
        """Where each gateway listens: {"ws": url, "http": url}. Owners start before the gateways,
        so that one that serves finds an owner. Raises WeftError: what kept one from starting.
        """
        _wait_until_nobody_is_there()
        found = [post for node in self._nodes() for post in posts(self._order.shape, node)]
        if not found:
            raise WeftError("misconfigured", "This Ray has no node with a CPU.")
        urls: list[dict[str, str]] = []
        for role in (OWNER, GATEWAY):
            mine = [self._start(post) for post in found if post.role == role]
            urls = answers([each.actor.start.remote() for each in mine], START_TIMEOUT_SECONDS)
            for each in mine:
                each.condition, each.has_served = Condition.WELL, True
        return urls

    def adopt(self) -> None:
        """Those that run already, of a keeper that is gone."""
        for name, actor in members_there().items():
            self._members[name] = Member(actor, has_served=True)

    def look(self) -> list[str]:
        """What has happened to them since the last look, and what was done about it."""
        now = time.monotonic()
        nodes = self._nodes()
        news = self._ask(now)
        conditions = {name: member.condition for name, member in self._members.items()}
        for each in self._keeper.look(nodes, conditions, now):
            if isinstance(each, Forget):
                kill(self._members.pop(each.name).actor)
                news.append(f"{each.name} is given up")
            else:
                self._start(each.post)
                news.append(f"{each.post.name} starts on {each.post.node.address or 'this node'}")
        return news

    def balance(self) -> list[str]:
        """What has moved, because its owner had much more to do than others."""
        return self._rebalancer.step(time.monotonic())

    def stop(self) -> None:
        end_all({name: member.actor for name, member in self._members.items()})

    def _nodes(self) -> list[Node]:
        found = living_nodes()
        if self._order.is_alone:
            return [Node(node["NodeID"], "", "", 1) for node in found]
        return [
            Node(
                node["NodeID"],
                node["NodeID"][:TAG_LETTERS],
                node["NodeManagerAddress"],
                int(node["Resources"].get("CPU", 0)),
            )
            for node in found
        ]

    def _start(self, post: Post) -> Member:
        order = self._order
        address = post.node.address
        where: dict[str, Any] = {"address": address}
        actor: Any = OwnerActor
        settings: Any = replace(order.owner, owner_id=post.name, **where)
        if post.role == GATEWAY:
            actor = GatewayActor
            settings = replace(order.gateways[post.number], gateway_id=post.name, **where)
        settings = replace(settings, host=settings.host or address)
        options = {
            "name": post.name,
            "namespace": NAMESPACE,
            "get_if_exists": True,
            "num_cpus": 0,  # they wait for sockets: Ray shall not count them against the cores
            "max_restarts": -1,
            "max_task_retries": 0,
            "lifetime": "detached" if order.outlives else None,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(post.node.node_id, soft=False),
        }
        stores = (order.postgres_url, order.redis_url)
        made = actor.options(**options).remote(settings, *stores, order.telemetry)
        self._members[post.name] = Member(made)
        return self._members[post.name]

    def _ask(self, now: float) -> list[str]:
        """How each one is; what has changed."""
        for member in self._members.values():
            if member.asked is None:
                member.asked, member.asked_at = member.actor.status.remote(), now
        waiting = [member.asked for member in self._members.values()]
        ready, _ = (
            ray.wait(waiting, num_returns=len(waiting), timeout=ANSWER_TIMEOUT_SECONDS)
            if waiting
            else ([], [])
        )
        news = []
        for name, member in self._members.items():
            before = member.condition
            if member.asked in ready:
                member.condition = _condition(name, member.asked)
                member.asked = None
            elif now - member.asked_at > AWAY_AFTER_SECONDS:
                member.condition = Condition.AWAY
            if member.condition is not before:
                news.append(_told(name, member))
            member.has_served |= member.condition is Condition.WELL
        return news

    def _owners(self) -> dict[str, Any]:
        return {
            name: member.actor
            for name, member in self._members.items()
            if name.startswith(OWNER) and member.condition is Condition.WELL
        }

    def _ask_reports(self) -> dict[str, dict[str, Any]]:
        owners = self._owners()
        asked = [owner.report.remote() for owner in owners.values()]
        return dict(zip(owners, answers(asked, WATCH_TIMEOUT_SECONDS), strict=True))

    def _move(self, wanted: list[Relocation]) -> list[Relocation]:
        """Those that came off; one that does not keeps no other waiting."""
        moving = [
            self._members[each.giver].actor.move.remote(
                each.dashboard_id, self._members[each.taker].actor.start.remote()
            )
            for each in wanted
        ]
        ray.wait(moving, num_returns=len(moving), timeout=MOVE_TIMEOUT_SECONDS)
        done = []
        for each, asked in zip(wanted, moving, strict=True):
            try:
                answers([asked], 0)
                done.append(each)
            except WeftError as error:
                logger.warning("dashboard %s does not move: %s", each.dashboard_id, error)
        return done


def members_there() -> dict[str, Any]:
    """Every owner and gateway on this Ray, by name, spares too."""
    found = ray.util.list_named_actors(all_namespaces=True)
    names = sorted(each["name"] for each in found if each["namespace"] == NAMESPACE)
    there = {}
    for name in names:
        if any(role in name for role in (OWNER, GATEWAY)):
            try:
                there[name] = ray.get_actor(name, namespace=NAMESPACE)
            except ValueError:  # it has ended meanwhile
                continue
    return there


def end_all(members: Mapping[str, Any]) -> None:
    """Gateways first: their clients are told; then owners, who write their checkpoints."""
    gateways = {name: actor for name, actor in members.items() if GATEWAY in name}
    owners = {name: actor for name, actor in members.items() if name not in gateways}
    for each in (gateways, owners):
        stopping = [actor.stop.remote() for actor in each.values()]
        try:
            answers(stopping, 2 * STOP_TIMEOUT_SECONDS)
        except WeftError as error:
            logger.warning("not all stopped in order: %s", error)
        for actor in each.values():
            kill(actor)


def kill(actor: Any) -> None:
    """For ever."""
    try:
        ray.kill(actor)
    except (RayError, ValueError) as error:
        logger.warning("not killed: %s", error)


def answers(asked: list[Any], timeout_seconds: float) -> list[Any]:
    """Raises the WeftError of the first that failed with one, else internal."""
    try:
        found: list[Any] = ray.get(asked, timeout=timeout_seconds)
    except RayError as error:
        cause = getattr(error, "cause", None) or error
        if isinstance(cause, WeftError):
            raise cause from None
        raise WeftError("internal", f"{type(cause).__name__}: {cause}") from None
    return found


def _wait_until_nobody_is_there() -> None:
    """On a Ray that outlives us, an actor of a `weft up` that was killed ends a little after it.

    Raises WeftError misconfigured when one stays.
    """
    deadline = time.monotonic() + LEFTOVER_TIMEOUT_SECONDS
    while there := members_there():
        if time.monotonic() > deadline:
            message = f"Another Weft runs on this Ray: it has an actor {next(iter(there))}."
            raise WeftError("misconfigured", message)
        time.sleep(LOOK_AGAIN_SECONDS)


def _condition(name: str, asked: Any) -> Condition:
    """Of one that has answered, or failed to."""
    try:
        ray.get(asked)
    except TaskCancelledError:
        return Condition.AWAY  # it is being stopped
    except RayTaskError as error:
        logger.warning("%s does not start: %s", name, error.cause)
        return Condition.ENDED
    except RayActorError:
        return Condition.AWAY if _exists(name) else Condition.ENDED
    except RayError:
        return Condition.AWAY
    return Condition.WELL


def _exists(name: str) -> bool:
    """Ray forgets the name of an actor that it does not restart."""
    try:
        ray.get_actor(name, namespace=NAMESPACE)
    except ValueError:
        return False
    return True


def _told(name: str, member: Member) -> str:
    if member.condition is Condition.WELL:
        return f"{name} is back" if member.has_served else f"{name} is there"
    if member.condition is Condition.AWAY:
        return f"{name} is away, Ray restarts it"
    return f"{name} has ended"
