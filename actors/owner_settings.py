"""What an owner process is started with, decided once by whoever places it."""

from dataclasses import dataclass, field

from storage.retention import Retention


@dataclass(frozen=True, slots=True)
class OwnerSettings:
    """`retention`: what its upkeep lets go; without one everything is kept."""

    owner_id: str
    link_secret: str = field(repr=False)
    host: str = "127.0.0.1"  # where it listens for gateways
    retention: Retention = field(default_factory=Retention)
