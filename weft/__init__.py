"""Weft's public library: connect to a Weft cluster and edit dashboards together.

Importing it costs little and brings nothing of the server; the names below load when first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weft.client.board_loop import Board
    from weft.client.connection_loop import Client, connect
    from weft.errors import WeftError

__version__ = "0.1.0"
__all__ = ["Board", "Client", "WeftError", "__version__", "connect"]

_HOMES = {
    "Board": "weft.client.board_loop",
    "Client": "weft.client.connection_loop",
    "WeftError": "weft.errors",
    "connect": "weft.client.connection_loop",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  (only when a name is asked for)

    return getattr(import_module(_HOMES[name]), name)
