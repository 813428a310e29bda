"""One frozen object holds every setting, read once: a flag wins over `WEFT_*`, which wins over the
default. What is missing, wrong or unknown is `misconfigured`, naming the flag and the variable;
secrets are never shown.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from weft import limits
from weft.errors import WeftError
from weft.models import parse_network

ENVIRONMENT_PREFIX = "WEFT_"
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\[\]:]*)(:[0-9]{1,5})?")  # or neither
WS_URL = re.compile(r"wss?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/-]*)?")  # fits into a policy

# Beside the settings: what tests and tools of this repository read, which start Weft in turn, and
# what Kubernetes tells each container of a Service that is called weft, or weft-something.
OF_TOOLS: Final = {
    "WEFT_CHROMIUM",
    "WEFT_FIRST_WORLD",
    "WEFT_LOADTEST_PLAN",
    "WEFT_MONKEYS",
    "WEFT_WORLDS",
}
OF_KUBERNETES: Final = re.compile(
    r"WEFT_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)=.*"
    r"|WEFT_(\w+_)?PORT=(tcp|udp|sctp)://.*"
)

Port = Annotated[int, Field(ge=0, le=65_535)]  # 0: any free port
Count = Annotated[int, Field(ge=1, le=1_000)]
Amount = Annotated[int, Field(ge=1, le=1_000_000_000)]
Months = Annotated[int, Field(ge=0, le=1_200)]
Secret = Annotated[SecretStr, Field(min_length=16)]


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


Parts = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    """Where data and services are, and how many processes to start. None: embedded, or generated.

    postgres_url, redis_url and ray_address point at existing ones; without them `weft up` runs
    its own under data_dir. admin_key and link_secret are generated once and kept there. Without a
    jwt_key no signed token is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path(".weft")
    host: str | None = None  # what gateways and owners listen on; None: see `listens_on`
    ws_port: Port = 8765
    http_port: Port = 8766
    postgres_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    ray_address: str | None = None
    owners: Count | None = None  # on each node; None: one, or on a cluster by the CPUs of a node
    gateways: Count = 1  # on each node
    admin_key: Secret | None = None
    link_secret: Secret | None = None
    public_ws_url: str | None = None  # of the socket, as the live app's page reaches it
    demo: bool = False  # users to try it out with, whom anybody at this machine may be
    tls_cert: Path | None = None  # PEM, with its chain: clients then come by wss:// and https://
    tls_key: Path | None = None
    allowed_origins: Parts = ()  # of pages: they may open sockets (none: any), and frame the app
    trusted_proxies: Parts = ()  # networks, separated by commas: whose X-Forwarded-For is believed
    plugins: Parts = ()  # names of installed plug-ins, each perhaps with :ignore or :refuse
    widget_types_file: Path | None = None  # types of widget beside the seed's, as JSON Schemas
    webhook_networks: Parts = ()  # where webhooks may lead though it is not the public internet
    retain_operations_months: Months | None = None  # of the log, beside this month; None: all
    retain_audit_months: Months | None = None  # of the audit trail; None: all
    retain_drops: bool = False  # what is not retained is dropped; else it is a table to archive
    jwt_key: SecretStr | None = None  # of signed tokens: a public key as PEM, or a shared secret
    jwt_key_file: Path | None = None  # the same, in a file
    jwt_algorithms: Parts = ("RS256",)
    jwt_audience: str = "weft"
    jwt_issuer: str | None = None
    jwt_leeway_seconds: Annotated[float, Field(ge=0, le=300)] = 30.0
    jwt_create_users: bool = False  # whose signed token is seen first becomes a user

    rate_operations: Amount = limits.RATE_OPERATIONS_PER_WINDOW  # submissions of a user in 10 s
    rate_cursor: Amount = limits.RATE_CURSOR_PER_WINDOW  # presence updates of a user in 1 s
    rate_feeds: Amount = limits.RATE_FEEDS_PER_WINDOW  # live values of a user in 1 s
    rate_connections: Amount = limits.RATE_CONNECTIONS_PER_WINDOW  # new sockets of a user in 60 s
    rate_global_operations: Amount = limits.RATE_GLOBAL_OPERATIONS_PER_WINDOW  # of the cluster
    rate_global_connections: Amount = limits.RATE_GLOBAL_CONNECTIONS_PER_WINDOW
    connections_per_gateway: Amount = limits.CONNECTIONS_MAX_PER_GATEWAY
    connections_per_address: Amount = limits.CONNECTIONS_MAX_PER_ADDRESS
    connections_unknown: Amount = limits.UNKNOWN_MAX_PER_GATEWAY  # that have not said hello

    trace_share: Annotated[float, Field(ge=0, le=1)] = 0.0  # of submissions, followed to the commit
    otlp_endpoint: str | None = None  # http://…: where their spans go

    @property
    def listens_on(self) -> str:
        """On a Ray that we join, without a `host`, every node on an address of its own: empty."""
        return self.host or ("127.0.0.1" if self.ray_address is None else "")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            return value.expanduser().absolute()
        except RuntimeError as error:  # whose home is not known
            raise ValueError(str(error)) from None

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            parse_network(part)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            if not ORIGIN.fullmatch(part):
                raise ValueError("must be as browsers name them: https://example.org:8443")
        return value

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("--tls-cert and --tls-key belong together")
        return self

    @field_validator("public_ws_url")
    @classmethod
    def _is_ws(cls, value: str | None) -> str | None:
        if value is not None and not WS_URL.fullmatch(value):
            raise ValueError("must be ws:// or wss://, a host, and perhaps a port and a path")
        return value

    @model_validator(mode="after")
    def _demo_is_embedded(self) -> Self:
        if self.demo and self.postgres_url is not None:
            raise ValueError("--demo is not for a PostgreSQL of your own: anybody may sign in")
        return self

    @field_validator("postgres_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        return _require_scheme(value, ("postgresql", "postgres"))

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return _require_scheme(value, ("redis", "rediss", "unix"))


def read_settings(flags: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Flags are named as the fields of Settings; None is a flag that was not given.

    Raises WeftError misconfigured.
    """
    _refuse_unknown(environment)
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        variable = environment.get(ENVIRONMENT_PREFIX + name.upper())
        if flags.get(name) is not None:
            values[name] = flags[name]
        elif variable:
            values[name] = variable
    try:
        return Settings(**values)
    except ValidationError as error:
        raise WeftError("misconfigured", _sentence(error)) from None


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """A setting with a slip in its name would be left at its default, and nobody told."""
    known = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment.keys() - known - OF_TOOLS):
        if name.startswith(ENVIRONMENT_PREFIX) and not OF_KUBERNETES.fullmatch(
            f"{name}={environment[name]}"
        ):
            meant = "".join(f"; {near} is one" for near in get_close_matches(name, known, 1))
            raise WeftError("misconfigured", f"{name} is no setting of Weft{meant}.")


def _require_scheme(value: SecretStr | None, schemes: tuple[str, ...]) -> SecretStr | None:
    if value is None:
        return None
    url = value.get_secret_value()
    if url.partition("://")[0] not in schemes:
        raise ValueError(f"must begin with {schemes[0]}://")
    place = re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    if not all(HOST_AND_PORT.fullmatch(each) for each in place.split(",")):  # PostgreSQL's: several
        raise ValueError("has no host and port that can be read")
    return value


def _sentence(error: ValidationError) -> str:
    """The first fault in one line, without the value: it may be a secret."""
    fault = error.errors(include_url=False, include_input=False)[0]
    reason = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return reason  # of several settings, which it names
    name = str(fault["loc"][0])
    flag = "--" + name.replace("_", "-")
    return f"{flag} (or {ENVIRONMENT_PREFIX}{name.upper()}): {reason}"
