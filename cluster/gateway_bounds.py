"""Law 7 and law 9 as a deployment wants them: how much a user, an address and a cluster may do.

The windows stay as they are in weft/limits.py; how much goes into one is a setting.
"""

from collections.abc import Mapping

from cluster.settings import Settings
from gateway.doorway import Bounds
from gateway.rate_limit import DEFAULT_GLOBAL_RATES, DEFAULT_RATES, Rate


def rates(settings: Settings) -> Mapping[str, Rate]:
    """Of one user, by what is counted."""
    allowed = {
        "operations": settings.rate_operations,
        "cursor": settings.rate_cursor,
        "feeds": settings.rate_feeds,
        "connections": settings.rate_connections,
    }
    return {kind: rate._replace(allowed=allowed[kind]) for kind, rate in DEFAULT_RATES.items()}


def global_rates(settings: Settings) -> Mapping[str, Rate]:
    """Of everybody together."""
    allowed = {
        "operations": settings.rate_global_operations,
        "connections": settings.rate_global_connections,
    }
    return {
        kind: rate._replace(allowed=allowed[kind]) for kind, rate in DEFAULT_GLOBAL_RATES.items()
    }


def bounds(settings: Settings) -> Bounds:
    """Of connections of one gateway."""
    return Bounds(
        settings.connections_per_gateway,
        settings.connections_per_address,
        settings.connections_unknown,
    )
