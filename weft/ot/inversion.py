"""Law 13, invert: the operations that take a document back to what it was."""

from collections.abc import Sequence
from typing import Any

from weft.ot.application import nodes_to_sequence, perform
from weft.ot.delta import Attributes, Runs, length_of, same_attributes
from weft.ot.document import Document
from weft.ot.operation import ABSENT, Operation, Operations
from weft.ot.pairs import size_of
from weft.ot.sequence import opened, part_of, plain


def invert(document: Document, operations: Sequence[Operation]) -> Operations:
    """What undoes `operations`, which are valid at `document`: to be applied after them.

    Raises as `apply`.
    """
    undoing: list[Operations] = []
    for operation in operations:
        before, (document, replaced) = document, perform(document, operation)
        undoing.append(_inverse(before, operation, replaced))
    return tuple(step for steps in reversed(undoing) for step in steps)


def _inverse(before: Document, operation: Operation, replaced: Any) -> Operations:
    kind, target_id, _, value, *_ = operation
    if kind == "insert":
        length = size_of(operation)
        return (operation._replace(type="delete", value=ABSENT, length=length, attributes=None),)
    if kind == "delete":
        return _restored(operation, _part(before, operation))
    if kind == "format":
        return _unformatted(operation, _part(before, operation))
    if kind == "addWidget":
        return (Operation("removeWidget", target_id, (), ABSENT, value),)
    if kind == "removeWidget":
        return (Operation("addWidget", target_id, (), plain(replaced)),)
    if kind == "noop":
        return ()
    return (operation._replace(value=plain(replaced), old_value=value),)


def _part(document: Document, operation: Operation) -> Any:
    sequence = opened(nodes_to_sequence(document, operation.target_id, operation.path)[-1])
    return part_of(sequence, operation.position, operation.length)


def _restored(deletion: Operation, content: Any) -> Operations:
    """Inserts of what was deleted: one, or one per run of rich text."""
    if type(content) is not Runs:
        return (deletion._replace(type="insert", value=plain(content), length=0),)
    inserts = []
    position = deletion.position
    for value, attributes in content.runs:
        inserts.append(
            deletion._replace(
                type="insert",
                value=plain(value),
                position=position,
                length=0,
                attributes=_copied(attributes),
            )
        )
        position += length_of((value, attributes))
    return tuple(inserts)


def _unformatted(operation: Operation, runs: Runs) -> Operations:
    """A format per stretch that had the same old values; null where there was none."""
    formats: list[Operation] = []
    position = operation.position
    for run in runs.runs:
        had = run[1] or {}
        old = {name: plain(had.get(name)) for name in operation.attributes or {}}
        length = length_of(run)
        last = formats[-1] if formats else None
        if last is not None and same_attributes(last.attributes, old):
            formats[-1] = last._replace(length=last.length + length)
        else:
            formats.append(operation._replace(position=position, length=length, attributes=old))
        position += length
    return tuple(formats)


def _copied(attributes: Attributes) -> Attributes:
    return None if attributes is None else {name: plain(item) for name, item in attributes.items()}
