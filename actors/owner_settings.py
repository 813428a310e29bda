"""What an owner process is started with, decided once by whoever places it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.retention import Retention


@dataclass(frozen=True, slots=True)
class OwnerSettings:
    """`retention`: what its upkeep lets go; without one everything is kept."""

    owner_id: str
    link_secret: str = field(repr=False)
    host: str = "127.0.0.1"  # where it listens for gateways
    address: str = ""  # of its node, as others reach it
    retention: Retention = field(default_factory=Retention)
    plugins: tuple[str, ...] = ()  # as `load_plugins` wants them
    widget_schemas: Mapping[str, Any] = field(default_factory=dict)  # of types beside the seed's
