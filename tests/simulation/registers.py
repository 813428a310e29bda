"""Law 18, seen by who knows everything: a register that all write, each value once.

Whether the author of a value had seen the one that it overwrites is read off the screen: what the
register showed when it was written, and what that had replaced in turn, back to a value that has
committed.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.simulation.simulated_person import Person

PATH = ("config", "register")


class Written(NamedTuple):
    author: "Person"
    life: int  # of the author's copy: a reload or a snapshot begins another
    over: str | None  # what the author was shown in its place


class Registers:
    def __init__(self) -> None:
        self.written: dict[str, Written] = {}
        self.committed: list[str] = []  # in order
        self.told: set[str] = set()  # the values whose author was told that they were overwritten

    def untold(self) -> list[str]:
        """Values overwritten unseen of which their authors know nothing, though they could."""
        set_anew = {(each.over, each.author) for each in self.written.values()}
        return [
            lost
            for lost, by in self._overwritten().items()
            for author, life, _ in (self.written[lost],)
            if lost not in self.told and self._shown_before(by) != lost
            if author.life == life and (lost, author) not in set_anew
        ]

    def told_wrongly(self) -> set[str]:
        return self.told - self._overwritten().keys()

    def _overwritten(self) -> dict[str, str]:
        """By whose value, where it was somebody else's."""
        return {
            before: after
            for before, after in zip(self.committed, self.committed[1:], strict=False)
            if self.written[before].author is not self.written[after].author
        }

    def _shown_before(self, value: str) -> str | None:
        """The newest committed value that its author had been shown."""
        shown = self.written[value].over
        while shown is not None and shown not in self.committed:
            shown = self.written[shown].over
        return shown
