"""`weft doctor`: looks at all that Weft needs, and says of each what is wrong and what to do."""

import argparse
import asyncio
import json
import os
import platform
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import redis
from redis.exceptions import RedisError

from cluster.data_dir_file import Running, find_running, hold
from cluster.embedded_services import postgres_server, redis_server
from cluster.port_server import claim_port, reach
from cluster.settings import Settings
from cluster.system_service import widget_schemas
from storage.postgres_connection import connect
from storage.postgres_migrations import pending
from weft.errors import WeftError
from weft.plugins.loading import installed
from weft.plugins.plugin_service import Plugins

PACKAGES = ("ray", "asyncpg", "redis", "websockets", "pydantic", "orjson", "fastapi", "uvicorn")
POSTGRES_LEAST = 140_000  # as server_version_num counts
OPEN_FILES_LEAST = 4_096
CLOCK_SKEW_MAX_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0

WHAT_IT_IS = """
SELECT current_setting('server_version_num')::INTEGER AS number,
       current_setting('server_version') AS version,
       extract(epoch FROM clock_timestamp())::FLOAT8 AS clock,
       current_setting('fsync') AS fsync,
       has_schema_privilege(current_schema(), 'CREATE') AS may_create
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` is what is so; `advice` is what to do, empty when all is well."""

    name: str
    found: str
    advice: str = ""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    findings = list(_examine(settings))
    ill = [finding for finding in findings if finding.advice]
    if arguments.json:
        print(json.dumps({"ok": not ill, "findings": [asdict(each) for each in findings]}))
        return 1 if ill else 0
    for finding in findings:
        print(f"{'WRONG' if finding.advice else 'ok':6} {finding.name:12} {finding.found}")
        if finding.advice:
            print(f"{'':20}{finding.advice}")
    print(f"{len(ill)} to put right" if ill else "all is well")
    return 1 if ill else 0


def _examine(settings: Settings) -> Iterator[Finding]:
    running = None
    try:
        running = find_running(settings.data_dir)
    except WeftError as error:
        yield Finding("system", error.message, "choose another with --data-dir")
    else:
        yield Finding("system", f"runs at {running.ws}" if running else "does not run now")
    yield Finding("python", platform.python_version())
    yield _packages()
    yield _data_dir(settings.data_dir)
    yield _plugins(settings)
    yield _open_files()
    yield from _ports(settings, running)
    yield from _services(settings, running)
    yield _ray(settings)


def _packages() -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    advice = f"pip install 'weft[server,embedded]' for {', '.join(missing)}" if missing else ""
    return Finding("packages", ", ".join(found), advice)


def _data_dir(data_dir: Path) -> Finding:
    existing = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        advice = "make it writable for this user, or choose another with --data-dir"
        return Finding("data dir", f"{data_dir}: {error.strerror}", advice)
    return Finding("data dir", f"{data_dir} is writable")


def _plugins(settings: Settings) -> Finding:
    """Those that are asked for are loaded, as owners and gateways do."""
    there = ", ".join(sorted(installed())) or "none"
    try:
        plugins = Plugins.of(settings.plugins, widget_schemas(settings))
    except WeftError as error:
        advice = "install it, or leave it out of WEFT_PLUGINS; see docs/guide/plugins.md"
        return Finding("plug-ins", error.message, advice)
    return Finding("plug-ins", f"{', '.join(plugins.names) or 'none'} of {there} installed")


def _open_files() -> Finding:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = limit == resource.RLIM_INFINITY or limit >= OPEN_FILES_LEAST
    advice = f"each connection is an open file: ulimit -n {OPEN_FILES_LEAST} or more"
    return Finding("open files", f"at most {limit} per process", "" if enough else advice)


def _ports(settings: Settings, running: Running | None) -> Iterator[Finding]:
    for flag, port in (("--ws-port", settings.ws_port), ("--http-port", settings.http_port)):
        if running is not None:
            yield Finding(flag[2:], "held by the running system")
            continue
        if not settings.listens_on:
            yield Finding(flag[2:], "asked for on each node when it starts")
            continue
        try:
            claim_port(settings.listens_on, port, flag)
        except WeftError as error:
            yield Finding(flag[2:], error.message, "end that program, or choose another port")
        else:
            yield Finding(flag[2:], f"{port or 'any port'} is free")


def _services(settings: Settings, running: Running | None) -> Iterator[Finding]:
    """Those named, those of the running system, or embedded ones, started to see if they do."""
    with ExitStack() as stack:
        if running is not None:
            postgres_url, redis_url = running.postgres_url, running.redis_url
        else:
            if not settings.data_dir.exists():
                data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                settings = settings.model_copy(update={"data_dir": data_dir})
            try:
                stack.enter_context(hold(settings.data_dir))
                postgres_url = stack.enter_context(postgres_server(settings))
                redis_url = stack.enter_context(redis_server(settings))
            except WeftError as error:
                told = error.details.get("output", "")
                yield Finding("services", f"{error.message} {told}".strip(), "see the message")
                return
        yield asyncio.run(_postgres(postgres_url))
        yield _redis(redis_url)


async def _postgres(url: str) -> Finding:
    try:
        connection = await connect(url)
        try:
            row = await connection.fetchrow(WHAT_IT_IS)
        finally:
            await connection.close()
        missing = await pending(url)
    except (WeftError, OSError, ValueError) as error:
        cause = error.__cause__ or error
        return Finding("postgresql", f"{error}: {cause}", "is it up, and is --postgres-url right?")
    assert row is not None
    skew = abs(row["clock"] - time.time())
    faults = [
        (row["number"] < POSTGRES_LEAST, "PostgreSQL 14 or newer is needed"),
        (row["fsync"] != "on", "fsync is off: set it on, or a crash loses what was acknowledged"),
        (not row["may_create"], "the user may not create tables: GRANT CREATE ON SCHEMA"),
        (skew > CLOCK_SKEW_MAX_SECONDS, f"clocks are {skew:.1f} s apart: run NTP on both"),
    ]
    advice = "; ".join(text for wrong, text in faults if wrong)
    schema = f"{len(missing)} migrations to apply (weft migrate)" if missing else "schema current"
    return Finding("postgresql", f"{row['version']}, {schema}", advice)


def _redis(url: str) -> Finding:
    try:
        with closing(redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS)) as client:
            seconds, _ = client.time()
            number = client.info("server")["redis_version"]
    except (RedisError, OSError, ValueError) as error:
        return Finding("redis", str(error), "is it up, and is --redis-url right?")
    skew = abs(seconds - time.time())
    apart = skew > CLOCK_SKEW_MAX_SECONDS + 1  # Redis tells whole seconds
    return Finding("redis", number, f"clocks are {skew:.0f} s apart: run NTP" if apart else "")


def _ray(settings: Settings) -> Finding:
    if settings.ray_address is None:
        return Finding("ray", f"a local one will be started, on {os.cpu_count()} cores")
    try:
        reach(settings.ray_address, "--ray-address")
    except WeftError as error:
        return Finding("ray", error.message, "is it up, and is --ray-address right?")
    return Finding("ray", f"{settings.ray_address} accepts connections")
