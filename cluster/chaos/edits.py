"""What an editor does next: words, lists, moves and sizes, widgets that come and go, fields.

The first widget, the ledger, stays. Into its text everyone types words that are never typed again,
whole and between others, so that what is lost or doubled shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cluster.chaos.uniqueness import WORD
from weft.ot import Document, Operation

Chance = Callable[[], float]  # uniform in [0, 1)

TEXT, ITEMS = ("config", "text"), ("config", "items")
WIDGETS_MAX = 12
ITEMS_MAX = 40
COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """`word` and `new_id` have never been used."""

    document: Document
    ledger: str
    word: str
    new_id: str
    chance: Chance

    def below(self, count: int) -> int:
        return int(self.chance() * count)

    def other(self) -> str | None:
        """Any widget but the ledger."""
        others = [each for each in self.document.widget_ids() if each != self.ledger]
        return others[self.below(len(others))] if others else None


def new_widget(chance: Chance) -> dict[str, Any]:
    x, y = int(chance() * COLUMNS), int(chance() * COLUMNS)
    place = {"x": x, "y": y, "width": 4, "height": 2}
    return {"type": "text", "position": place, "config": {"text": "", "items": []}}


def next_edit(turn: Turn) -> Operation:
    """Possible on the document."""
    lot = turn.chance() * sum(EDITS.values())
    for make, weight in EDITS.items():
        lot -= weight
        if lot < 0:
            return make(turn)
    raise AssertionError("chance is below 1")


def _type_word(turn: Turn) -> Operation:
    text = str(turn.document.value_at(turn.ledger, TEXT))
    ends = [0, *(found.end() for found in WORD.finditer(text))]
    position = ends[turn.below(len(ends))]
    return Operation("insert", turn.ledger, TEXT, turn.word, position=position)


def _scribble(turn: Turn) -> Operation:
    other = turn.other()
    if other is None:
        return _come_or_go(turn)
    text = str(turn.document.value_at(other, TEXT))
    if len(text) > 10 and turn.chance() < 0.5:
        return Operation("delete", other, TEXT, position=turn.below(len(text) - 3), length=3)
    letters = "añ🙂b"[turn.below(3) :]
    return Operation("insert", other, TEXT, letters, position=turn.below(len(text) + 1))


def _list(turn: Turn) -> Operation:
    items: Any = turn.document.value_at(turn.ledger, ITEMS)
    if items and (len(items) > ITEMS_MAX or turn.chance() < 0.3):
        at = turn.below(len(items))
        return Operation("delete", turn.ledger, ITEMS, position=at, length=1)
    if items and turn.chance() < 0.3:
        at = turn.below(len(items))
        return Operation("update", turn.ledger, (*ITEMS, str(at)), turn.word)
    at = turn.below(len(items) + 1)
    return Operation("insert", turn.ledger, ITEMS, [turn.word], position=at)


def _place(turn: Turn) -> Operation:
    target = turn.other() or turn.ledger
    if turn.chance() < 0.5:
        return Operation("move", target, (), {"x": turn.below(COLUMNS), "y": turn.below(COLUMNS)})
    return Operation("resize", target, (), {"width": 1 + turn.below(9)})


def _come_or_go(turn: Turn) -> Operation:
    other = turn.other()
    is_full = turn.document.widget_count >= WIDGETS_MAX
    if other is not None and (is_full or turn.chance() < 0.4):
        return Operation("removeWidget", other)
    return Operation("addWidget", turn.new_id, (), new_widget(turn.chance))


def _field(turn: Turn) -> Operation:
    if turn.chance() < 0.3:
        return Operation("update", None, ("title",), f"title {turn.word}")
    return Operation("update", None, ("settings", f"key{turn.below(5)}"), turn.word)


EDITS: Mapping[Callable[[Turn], Operation], int] = {
    _type_word: 6, _scribble: 4, _list: 4, _place: 3, _come_or_go: 2, _field: 1
}  # fmt: skip
