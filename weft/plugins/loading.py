"""Which plug-ins there are, and which of them a deployment has asked for, by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from weft.errors import WeftError
from weft.plugins.interface import GROUP, OnFailure, Plugin


@dataclass(frozen=True, slots=True)
class Loaded:
    plugin: Plugin
    on_failure: OnFailure


def installed() -> dict[str, EntryPoint]:
    """By name; nothing is imported."""
    return {found.name: found for found in entry_points(group=GROUP)}


def load_plugins(wanted: Iterable[str]) -> tuple[Loaded, ...]:
    """In this order, which is that of their reviews. `name`, `name:refuse` or `name:ignore`.

    Raises WeftError misconfigured: no such plug-in, or it cannot be loaded.
    """
    return tuple(_load(*each.partition(":")[::2]) for each in wanted)


def _load(name: str, policy: str) -> Loaded:
    found = installed()
    if name not in found:
        there = ", ".join(sorted(found)) or "none"
        raise WeftError("misconfigured", f"There is no plug-in {name}; installed: {there}.")
    if policy not in ("", "refuse", "ignore"):
        raise WeftError("misconfigured", f"{name}:{policy}: a policy is refuse or ignore.")
    try:
        kind = found[name].load()
        plugin = kind()
    except Exception as error:
        message = f"The plug-in {name} does not load: {type(error).__name__}: {error}"
        raise WeftError("misconfigured", message) from error
    if not isinstance(plugin, Plugin):
        raise WeftError("misconfigured", f"The plug-in {name} is not a weft.plugins.Plugin.")
    plugin.name = name
    return Loaded(plugin, cast("OnFailure", policy or plugin.on_failure))
