"""A server and its replicas with nothing but the algebra: the least that has to converge.

Each replica has one submission in flight and a buffer behind it, as docs/spec.md says under "Rules
of a replica". Messages arrive in order, but as late as chance will have it.
"""

from random import Random

from tests.ot.generator import make_document, make_focus, make_operations
from weft.ot import Document, Operations, apply, apply_recording, normalize, transform_pair


class Server:
    def __init__(self, state: dict[str, object]) -> None:
        self.document = Document.from_json(state)
        self.log: list[tuple[int, Operations]] = []  # the replica, and what was committed

    def submit(self, replica: int, base: int, operations: Operations) -> None:
        for author, committed in self.log[base:]:
            assert author != replica, "one in flight: nothing of one's own lies in between"
            operations = transform_pair(committed, operations).later
        self.document, operations = apply_recording(self.document, operations)
        self.log.append((replica, operations))


class Replica:
    def __init__(self, number: int, state: dict[str, object]) -> None:
        self.number = number
        self.view = Document.from_json(state)
        self.version = 0
        self.in_flight: Operations | None = None
        self.buffer: Operations = ()

    def edit(self, operations: Operations) -> None:
        self.view = apply(self.view, operations)
        self.buffer = normalize((*self.buffer, *operations))

    def send(self, server: Server) -> None:
        if self.in_flight is None and self.buffer:
            self.in_flight, self.buffer = self.buffer, ()
            server.submit(self.number, self.version, self.in_flight)

    def receive(self, server: Server) -> None:
        if self.version == len(server.log):
            return
        author, committed = server.log[self.version]
        self.version += 1
        if author == self.number:
            assert _effects(self.in_flight) == _effects(committed)
            self.in_flight = None
            return
        over_flight = transform_pair(committed, self.in_flight or ())
        over_buffer = transform_pair(over_flight.earlier, self.buffer)
        if self.in_flight is not None:
            self.in_flight = over_flight.later
        self.buffer = over_buffer.later
        self.view = apply(self.view, over_buffer.earlier, within_limits=False)


def _effects(operations: Operations | None) -> list[Operations]:
    """Without old values, which only who commits knows."""
    return [operation._replace(old_value=None) for operation in operations or ()]


def converge(seed: int, replicas: int = 3, steps: int = 40) -> None:
    """Let replicas edit at random until all is sent and received, and compare."""
    random = Random(seed)
    state = make_document(random)
    server = Server(state)
    everyone = [Replica(number, state) for number in range(replicas)]
    focus = make_focus(random, server.document)
    for _ in range(steps):
        replica = random.choice(everyone)
        step = random.random()
        if step < 0.3:
            replica.edit(make_operations(random, replica.view, random.randint(1, 2), focus))
        elif step < 0.6:
            replica.send(server)
        else:
            replica.receive(server)
    while any(each.buffer or each.version < len(server.log) for each in everyone):
        for replica in everyone:
            replica.send(server)
            replica.receive(server)
    for replica in everyone:
        assert replica.view == server.document, f"seed {seed}: replica {replica.number} differs"
