"""The whole system, from the ground up: PostgreSQL, Redis, Ray, owners, gateways. Leaving ends it
the other way round: clients are told, checkpoints are written, and what was started is stopped.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import SecretStr

from actors.owner_settings import OwnerSettings
from cluster import demo, gateway_bounds
from cluster.data_dir_file import Running, announce, hold, refuse_detached, was_killed
from cluster.demo_feed_loop import feeding
from cluster.demo_service import make_demo
from cluster.embedded_services import postgres_server, redis_server
from cluster.fleet import Shape
from cluster.http_tls_trust import local_admin
from cluster.port_server import claim_port
from cluster.ray_fleet import Fleet, FleetOrder
from cluster.ray_launch import gcs_address, ray_runtime
from cluster.secret_file import keep_secret
from cluster.settings import Settings
from cluster.telemetry_loop import RayTelemetry
from gateway.delivery import DeliveryRules
from gateway.service import GatewaySettings
from gateway.signed_token import TokenRules
from gateway.tls_file import TlsFiles
from storage.postgres_migrations import migrate
from storage.retention import Retention
from weft.errors import WeftError
from weft.models import parse_network
from weft.plugins.loading import load_plugins
from weft.plugins.widget_schema import read_kinds

Say = Callable[[str], None]
PORTS_PER_GATEWAY = 2  # the defaults for ws and http are neighbours
LEFTOVER_SECONDS = 10.0  # Ray ends the actors of a `weft up` that was killed within three


@dataclass(frozen=True, slots=True)
class Ready:
    """What whoever started it is told."""

    running: Running = field(repr=False)
    gateways: list[dict[str, str]]  # {"ws": url, "http": url} of each
    ray_dashboard: str | None


@dataclass(frozen=True, slots=True)
class System(Ready):
    fleet: Fleet = field(repr=False)


@contextmanager
def running_system(settings: Settings, say: Say, joins_at: str | None = None) -> Iterator[System]:
    """Yields when clients can connect. `joins_at`: which node of the Ray this process is on, where
    several are on this machine. Raises WeftError: misconfigured, storage_unavailable, …
    """
    with ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir))
        refuse_detached(settings.data_dir)
        load_plugins(settings.plugins)  # whoever cannot be loaded is told of before all else
        gateways = gateway_orders(settings)
        say("PostgreSQL" if settings.postgres_url else "PostgreSQL, embedded")
        postgres_url = stack.enter_context(postgres_server(settings))
        for version in asyncio.run(migrate(postgres_url)):
            say(f"  migration {version}")
        say("Redis" if settings.redis_url else "Redis, embedded")
        redis_url = stack.enter_context(redis_server(settings))
        say(f"Ray at {settings.ray_address}" if settings.ray_address else "Ray, local")
        ray_dashboard = stack.enter_context(
            ray_runtime(settings.ray_address, settings.data_dir, joins_at)
        )
        order = fleet_order(settings, gateways, postgres_url, redis_url)
        say(shape_told(order))
        fleet = Fleet(order)
        stack.callback(fleet.stop)
        urls = fleet.begin()
        if settings.demo:
            tls_cert = str(settings.tls_cert) if settings.tls_cert else None
            connect = partial(local_admin, urls[0]["http"], tls_cert=tls_cert)
            asyncio.run(make_demo(connect(gateways[0].admin_key)))
            stack.enter_context(feeding(connect, gateways[0].admin_key))
        running = whereabouts(settings, order, urls)
        stack.enter_context(announce(settings.data_dir, running))
        yield System(running, urls, ray_dashboard, fleet)
        say("stopping: clients are told, checkpoints written")


def whereabouts(settings: Settings, order: FleetOrder, urls: list[dict[str, str]]) -> Running:
    """Of the system whose gateways listen at `urls`, on the Ray that we have joined or started."""
    return Running(
        pid=os.getpid(),
        ws=urls[0]["ws"],
        http=urls[0]["http"],
        admin_key=order.gateways[0].admin_key,
        postgres_url=order.postgres_url,
        redis_url=order.redis_url,
        tls_cert=str(settings.tls_cert.absolute()) if settings.tls_cert else None,
        ray_address=gcs_address(),
        is_detached=order.outlives,
    )


def fleet_order(
    settings: Settings, gateways: list[GatewaySettings], postgres_url: str, redis_url: str
) -> FleetOrder:
    is_alone = settings.ray_address is None
    return FleetOrder(
        Shape(settings.owners or (1 if is_alone else None), settings.gateways),
        owner_order(settings, gateways[0].link_secret),
        tuple(gateways),
        postgres_url,
        redis_url,
        RayTelemetry(settings.trace_share, settings.otlp_endpoint),
        is_alone=is_alone,
    )


def shape_told(order: FleetOrder) -> str:
    owners = order.shape.owners or "CPUs - 1"
    each = "" if order.is_alone else " on each node"
    return f"{owners} owner(s), {order.shape.gateways} gateway(s){each}"


def owner_order(settings: Settings, link_secret: str) -> OwnerSettings:
    """Of every owner; its name and its node are for who places it."""
    retention = Retention(
        settings.retain_operations_months, settings.retain_audit_months, settings.retain_drops
    )
    return OwnerSettings(
        owner_id="",
        link_secret=link_secret,
        host=settings.listens_on,
        retention=retention,
        plugins=settings.plugins,
        widget_schemas=widget_schemas(settings),
    )


def widget_schemas(settings: Settings) -> dict[str, Any]:
    """Raises WeftError misconfigured."""
    path = settings.widget_types_file
    if path is None:
        return {}
    try:
        text = path.read_bytes()
    except OSError as error:
        raise WeftError("misconfigured", f"WEFT_WIDGET_TYPES_FILE: {error}") from None
    return read_kinds(text, path)


def gateway_orders(settings: Settings) -> list[GatewaySettings]:
    """Of each node. Ports are chosen here and once, so that a gateway that was restarted has them
    again; those of other machines are not ours to try.
    """
    admin_key = _secret(settings, "admin_key", settings.admin_key)
    link_secret = _secret(settings, "link_secret", settings.link_secret)
    token_rules = _token_rules(settings)
    tls = _tls(settings)
    trusted_proxies = tuple(map(parse_network, settings.trusted_proxies))
    deliveries = DeliveryRules(tuple(map(parse_network, settings.webhook_networks)))
    patience = LEFTOVER_SECONDS if was_killed(settings.data_dir) else 0.0

    def port(first: int, number: int, flag: str) -> int:
        wanted = first + number * PORTS_PER_GATEWAY if first else 0
        if settings.ray_address is not None:
            return wanted
        return claim_port(settings.listens_on, wanted, flag, patience)

    return [
        GatewaySettings(
            gateway_id="",
            link_secret=link_secret,
            admin_key=admin_key,
            host=settings.listens_on,
            ws_port=port(settings.ws_port, number, "--ws-port"),
            http_port=port(settings.http_port, number, "--http-port"),
            token_rules=token_rules,
            trusted_proxies=trusted_proxies,
            allowed_origins=settings.allowed_origins,
            tls=tls,
            deliveries=deliveries,
            public_ws_url=settings.public_ws_url,
            demo_users=demo.USERNAMES if settings.demo else (),
            plugins=settings.plugins,
            widget_schemas=widget_schemas(settings),
            bounds=gateway_bounds.bounds(settings),
            rates=gateway_bounds.rates(settings),
            global_rates=gateway_bounds.global_rates(settings),
        )
        for number in range(settings.gateways)
    ]


def _secret(settings: Settings, name: str, given: SecretStr | None) -> str:
    text = None if given is None else given.get_secret_value()
    return keep_secret(settings.data_dir, name, text)


def _tls(settings: Settings) -> TlsFiles | None:
    """Raises WeftError misconfigured."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    files = TlsFiles(settings.tls_cert.absolute(), settings.tls_key.absolute())
    files.context()  # said here and now, not by a gateway somewhere
    return files


def _token_rules(settings: Settings) -> TokenRules | None:
    """Raises WeftError misconfigured: a key that cannot be read, or that does not go with them."""
    key = settings.jwt_key.get_secret_value() if settings.jwt_key else None
    if settings.jwt_key_file is not None:
        try:
            key = settings.jwt_key_file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            message = f"WEFT_JWT_KEY_FILE: {settings.jwt_key_file}: {error}"
            raise WeftError("misconfigured", message) from None
    if key is None:
        return None
    return TokenRules(
        key,
        settings.jwt_algorithms,
        settings.jwt_audience,
        settings.jwt_issuer,
        settings.jwt_leeway_seconds,
        settings.jwt_create_users,
    )
