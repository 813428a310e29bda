"""Extending Weft without a fork: what a plug-in is made of. See docs/guide/plugins.md."""

from weft.plugins.interface import (
    Coming,
    Committed,
    Identity,
    OnFailure,
    Plugin,
    Proposal,
    Refusal,
)

__all__ = ["Coming", "Committed", "Identity", "OnFailure", "Plugin", "Proposal", "Refusal"]
