"""Two people's recorded typing, replayed as it was: each edits exactly at what they had then seen.

A trace is a graph: each transaction names its `parents`, so what its author had seen of the other.
Here two real replicas and a real server replay it. What a replica hears is held back until its
author had heard it; between two moments at which the other one saw something, edits are one batch.

A replica has one submission in flight, and its acknowledgement comes in order with what the other
has committed. So a submission A(k) may follow B(m) in server order only if A had seen B(m) before
A's next submission had to leave: `Plan` finds an order that no acknowledgement contradicts. Where
both orders are possible it does not matter which is taken: the text ends the same. In 26,078
transactions of the recorded pair only one place is typed at by both at once, and the server's order
there follows from the rest; that `later` comes first there (docs/spec.md, "Merging", rule 2) is
what the recording has.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tests.simulation.simulated_person import Person
from tests.simulation.simulated_world import CALM, World

WIDGET: Final = "00000000-0000-4000-8000-0000000000aa"
PATH: Final = ("config", "text")
EMPTY: Final = {
    "widgets": {
        WIDGET: {
            "type": "text",
            "position": {"x": 0, "y": 0, "width": 1, "height": 1},
            "config": {"text": ""},
        }
    }
}
NEVER: Final = 10**9  # that many transactions
NOBODY: Final = -1  # the author of what was taken back before it was sent

Json = dict[str, Any]


class Chunk(NamedTuple):
    """The author's transactions up to, not including, `end` that no earlier chunk has."""

    author: int
    end: int


@dataclass
class Voice:
    """One author's transactions, and of how many of the other's each knew."""

    transactions: list[Json]
    seen: list[int]
    ends: list[int]  # where a chunk ends: the other one saw so many

    def seen_before(self, index: int) -> int:
        """Of how many of the other's this author knew when about to make this transaction."""
        return self.seen[index] if index < len(self.seen) else NEVER

    def known_at_next_end(self, chunk: int) -> int:
        """Of how many the author knew when the next chunk was sent: its acknowledgement is due."""
        return self.seen_before(self.ends[chunk + 1]) if chunk + 1 < len(self.ends) else NEVER


class Plan:
    def __init__(self, transactions: list[Json], prefer: int) -> None:
        """`prefer`: whose chunk goes first where either may."""
        self.voices = [Voice([], [], []), Voice([], [], [])]
        self._read(transactions)
        for voice, other in zip(self.voices, reversed(self.voices), strict=True):
            voice.ends = sorted({*other.seen, len(voice.transactions)} - {0})
        self.chunks = self._order(prefer)

    def _read(self, transactions: list[Json]) -> None:
        known: list[list[int]] = []  # by transaction: how many of each author's, itself included
        for transaction in transactions:
            author = transaction["agent"]
            parents = [known[parent] for parent in transaction["parents"]]
            counts = [max(column) for column in zip(*parents, strict=True)] or [0, 0]
            voice = self.voices[author]
            assert counts[author] == len(voice.transactions), "an author's own edits are in order"
            voice.transactions.append(transaction)
            voice.seen.append(counts[1 - author])
            counts[author] += 1
            known.append(counts)

    def _order(self, prefer: int) -> list[Chunk]:
        left = [deque(range(len(voice.ends))) for voice in self.voices]
        chunks: list[Chunk] = []
        while left[0] and left[1]:
            first, second = self._must_precede(0, left), self._must_precede(1, left)
            assert not (first and second), "no server could have ordered this"
            author = 0 if first else 1 if second else prefer
            chunks.append(Chunk(author, self.voices[author].ends[left[author].popleft()]))
        for author in (0, 1):
            chunks += [Chunk(author, self.voices[author].ends[each]) for each in left[author]]
        return chunks

    def _must_precede(self, author: int, left: list[deque[int]]) -> bool:
        """This author's next chunk, the other's next one."""
        mine, theirs = self.voices[author], self.voices[1 - author]
        my_chunk, their_chunk = left[author][0], left[1 - author][0]
        my_end, their_end = mine.ends[my_chunk], theirs.ends[their_chunk]
        they_build_on_mine = theirs.seen[their_end - 1] >= my_end
        theirs_is_news = their_end > mine.known_at_next_end(my_chunk)
        return they_build_on_mine or theirs_is_news


class Replay:
    """The plan carried out: real replicas, sessions, owner and log."""

    def __init__(self, transactions: list[Json], prefer: int = 0) -> None:
        self.plan = Plan(transactions, prefer)
        self.world = World(0, people=2, troubles=CALM, state=EMPTY)
        self.world.come_to_rest()
        self._made = [0, 0]
        self._seen = [0, 0]
        self._unheard: list[deque[Chunk]] = [deque(), deque()]

    def run(self) -> list[str]:
        """What each of the two has in the end."""
        people = self.world.persons
        for person in people:
            person.replica.open_batch()
        for chunk in self.plan.chunks:
            self._make(chunk)
            self._commit(chunk)
        for author in (0, 1):
            self._hear(author, NEVER)
        self.world.come_to_rest()
        self.world.laws.check_at_rest()
        return [person.replica.document.value_at(WIDGET, PATH) for person in people]

    def _make(self, chunk: Chunk) -> None:
        author, voice = chunk.author, self.plan.voices[chunk.author]
        for index in range(self._made[author], chunk.end):
            self._hear(author, voice.seen[index])
            assert self._seen[author] == voice.seen[index], "not the state that it was made at"
            for position, deleted, inserted in voice.transactions[index]["patches"]:
                self._edit(self.world.persons[author], position, deleted, inserted)
        self._made[author] = chunk.end
        self._hear(author, voice.seen_before(chunk.end))

    def _edit(self, person: Person, position: int, deleted: int, inserted: str) -> None:
        if deleted:
            person.editing.delete(WIDGET, PATH, position, deleted)
        if inserted:
            person.editing.insert(WIDGET, PATH, position, inserted)

    def _commit(self, chunk: Chunk) -> None:
        """Send the batch, and let it commit; both will hear of it in their own time."""
        person = self.world.persons[chunk.author]
        pending = person.replica.copy.pending
        assert pending.in_flight is None, "it waits for an acknowledgement"
        person.close_batch()
        sent = pending.in_flight is not None  # nothing is, when all of it was taken back
        person.replica.open_batch()
        held = [each.socket.to_client for each in self.world.persons if each.socket is not None]
        while self.world.progress(held):
            pass
        self.world.laws.check()
        for author, unheard in enumerate(self._unheard):
            if sent:
                unheard.append(chunk)
            elif author != chunk.author:
                unheard.append(chunk._replace(author=NOBODY))

    def _hear(self, author: int, most: int) -> None:
        """All that is waiting, but of the other's edits not more than `most`."""
        unheard = self._unheard[author]
        while unheard and (unheard[0].author == author or unheard[0].end <= most):
            chunk = unheard.popleft()
            if chunk.author != NOBODY:
                socket = self.world.persons[author].socket
                assert socket is not None
                socket.to_client.deliver()
            if chunk.author != author:
                self._seen[author] = chunk.end
