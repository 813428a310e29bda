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
from cluster.data_dir_file import Running, announce, hold, was_killed
from cluster.demo_feed_loop import feeding
from cluster.demo_service import make_demo
from cluster.embedded_services import postgres_server, redis_server
from cluster.http_tls_trust import local_admin
from cluster.port_server import claim_port
from cluster.ray_launch import Fleet, gcs_address, ray_runtime
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
class System:
    running: Running = field(repr=False)
    gateways: list[dict[str, str]]  # {"ws": url, "http": url} of each
    ray_dashboard: str | None
    fleet: Fleet = field(repr=False)


@contextmanager
def running_system(settings: Settings, say: Say) -> Iterator[System]:
    """Yields when clients can connect. Raises WeftError: misconfigured, storage_unavailable, …"""
    with ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir))
        load_plugins(settings.plugins)  # whoever cannot be loaded is told of before all else
        gateways = _gateway_orders(settings)
        say("PostgreSQL" if settings.postgres_url else "PostgreSQL, embedded")
        postgres_url = stack.enter_context(postgres_server(settings))
        for version in asyncio.run(migrate(postgres_url)):
            say(f"  migration {version}")
        say("Redis" if settings.redis_url else "Redis, embedded")
        redis_url = stack.enter_context(redis_server(settings))
        say(f"Ray at {settings.ray_address}" if settings.ray_address else "Ray, local")
        ray_dashboard = stack.enter_context(ray_runtime(settings.ray_address, settings.data_dir))
        say(f"{settings.owners} owner(s), {settings.gateways} gateway(s)")
        fleet = Fleet(
            postgres_url, redis_url, RayTelemetry(settings.trace_share, settings.otlp_endpoint)
        )
        stack.callback(fleet.stop)
        fleet.start_owners(owner_orders(settings, gateways[0].link_secret))
        urls = fleet.start_gateways(gateways)
        if settings.demo:
            tls_cert = str(settings.tls_cert) if settings.tls_cert else None
            connect = partial(local_admin, urls[0]["http"], tls_cert=tls_cert)
            asyncio.run(make_demo(connect(gateways[0].admin_key)))
            stack.enter_context(feeding(connect, gateways[0].admin_key))
        running = Running(
            pid=os.getpid(),
            ws=urls[0]["ws"],
            http=urls[0]["http"],
            admin_key=gateways[0].admin_key,
            postgres_url=postgres_url,
            redis_url=redis_url,
            tls_cert=str(settings.tls_cert.absolute()) if settings.tls_cert else None,
            ray_address=gcs_address(),
        )
        stack.enter_context(announce(settings.data_dir, running))
        yield System(running, urls, ray_dashboard, fleet)
        say("stopping: clients are told, checkpoints written")


def owner_orders(settings: Settings, link_secret: str) -> list[OwnerSettings]:
    retention = Retention(
        settings.retain_operations_months, settings.retain_audit_months, settings.retain_drops
    )
    return [
        OwnerSettings(
            f"owner-{number}",
            link_secret,
            settings.host,
            retention,
            settings.plugins,
            widget_schemas(settings),
        )
        for number in range(settings.owners)
    ]


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


def _gateway_orders(settings: Settings) -> list[GatewaySettings]:
    """Ports are chosen here and once, so that a gateway that was restarted has them again."""
    admin_key = _secret(settings, "admin_key", settings.admin_key)
    link_secret = _secret(settings, "link_secret", settings.link_secret)
    token_rules = _token_rules(settings)
    tls = _tls(settings)
    trusted_proxies = tuple(map(parse_network, settings.trusted_proxies))
    deliveries = DeliveryRules(tuple(map(parse_network, settings.webhook_networks)))
    patience = LEFTOVER_SECONDS if was_killed(settings.data_dir) else 0.0

    def port(first: int, number: int, flag: str) -> int:
        wanted = first + number * PORTS_PER_GATEWAY if first else 0
        return claim_port(settings.host, wanted, flag, patience)

    return [
        GatewaySettings(
            gateway_id=f"gateway-{number}",
            link_secret=link_secret,
            admin_key=admin_key,
            host=settings.host,
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
