"""A system on a Ray cluster that outlives the command that starts it: its start and its end."""

import asyncio
from dataclasses import replace

from cluster.data_dir_file import forget, hold, note, refuse_detached
from cluster.ray_fleet import answers, end_all, kill, members_there
from cluster.ray_launch import START_TIMEOUT_SECONDS, ray_runtime
from cluster.settings import Settings
from cluster.supervisor_actor import find_supervisor, start_supervisor
from cluster.system_service import Ready, Say, fleet_order, gateway_orders, shape_told, whereabouts
from storage.postgres_migrations import migrate
from weft.errors import WeftError
from weft.plugins.loading import load_plugins


def start_detached(settings: Settings, say: Say) -> Ready:
    """Raises WeftError: misconfigured, …"""
    postgres_url, redis_url = _stores(settings)
    with hold(settings.data_dir):
        refuse_detached(settings.data_dir)
        load_plugins(settings.plugins)
        gateways = gateway_orders(settings)
        for version in asyncio.run(migrate(postgres_url)):
            say(f"  migration {version}")
        say(f"Ray at {settings.ray_address}")
        with ray_runtime(settings.ray_address, settings.data_dir) as ray_dashboard:
            if find_supervisor() is not None:
                raise WeftError("misconfigured", "Another detached Weft runs on this Ray.")
            order = replace(fleet_order(settings, gateways, postgres_url, redis_url), outlives=True)
            say(shape_told(order))
            supervisor = start_supervisor(order)
            try:
                [urls] = answers([supervisor.start.remote()], 3 * START_TIMEOUT_SECONDS)
            except BaseException:
                kill(supervisor)
                end_all(members_there())
                raise
            running = whereabouts(settings, order, urls)
            note(settings.data_dir, running)
    return Ready(running, urls, ray_dashboard)


def end_detached(address: str, settings: Settings) -> list[str]:
    """Who was ended: their clients were told, and the checkpoints written.

    Raises WeftError misconfigured when nobody is there.
    """
    with ray_runtime(address, settings.data_dir):
        supervisor = find_supervisor()
        if supervisor is not None:
            kill(supervisor)  # first, or it would start anew whom we end
        members = members_there()
        if supervisor is None and not members:
            raise WeftError("misconfigured", f"No Weft runs on the Ray at {address}.")
        end_all(members)
    forget(settings.data_dir)
    return sorted(members)


def _stores(settings: Settings) -> tuple[str, str]:
    """Raises WeftError misconfigured: embedded ones would end with the command."""
    wanted = {
        "--ray-address": settings.ray_address,
        "--postgres-url": settings.postgres_url,
        "--redis-url": settings.redis_url,
    }
    missing = [flag for flag, value in wanted.items() if value is None]
    if settings.postgres_url is None or settings.redis_url is None or missing:
        raise WeftError("misconfigured", f"--detach needs {', '.join(missing)}, too.")
    if settings.demo:
        raise WeftError("misconfigured", "--demo is not for a cluster: anybody may sign in.")
    return settings.postgres_url.get_secret_value(), settings.redis_url.get_secret_value()
