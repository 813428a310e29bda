"""An example of a plug-in: card numbers are masked as they are typed, and some titles are not had.

The owner asks it about every submission, so it looks only at what this one has touched.
"""

import re
from collections.abc import Iterator
from typing import Any

from weft.errors import WeftError
from weft.ot import Document
from weft.ot.operation import Operation
from weft.plugins import Plugin, Proposal, Refusal

CARD_NUMBER = re.compile(r"\b\d{12,15}(?=\d{4}\b)")  # all but the last four


class HouseRules(Plugin):
    on_failure = "ignore"  # better a card number than a dashboard that nobody can edit

    def review(self, proposal: Proposal) -> list[dict[str, Any]]:
        if proposal.after.value_at(None, ("title",)) == "Untitled":
            raise Refusal("A dashboard has a title here.", rule="title")
        added: list[dict[str, Any]] = []
        for target_id, path in places(proposal.operations):
            text = text_at(proposal.after, target_id, path)
            added += [each for found in masks(text) for each in placed(found, target_id, path)]
        return added


def places(operations: tuple[Operation, ...]) -> dict[tuple[str | None, tuple[str, ...]], None]:
    """Where text may have changed, each place once."""
    return {
        (each.target_id, each.path): None
        for each in operations
        if each.type in ("insert", "delete", "update")
    }


def text_at(document: Document, target_id: str | None, path: tuple[str, ...]) -> str:
    try:
        value = document.value_at(target_id, path)
    except WeftError:  # it is gone
        return ""
    return value if isinstance(value, str) else ""


def masks(text: str) -> Iterator[tuple[int, int]]:
    """Position and length of each part to be hidden, the last first: the others stay in place."""
    for found in reversed(list(CARD_NUMBER.finditer(text))):
        yield found.start(), found.end() - found.start()


def placed(
    found: tuple[int, int], target_id: str | None, path: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    position, length = found
    where: dict[str, Any] = {"path": list(path), "position": position}
    if target_id is not None:
        where["targetId"] = target_id
    yield {"type": "delete", **where, "length": length}
    yield {"type": "insert", **where, "value": "•" * length}
