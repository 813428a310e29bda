"""Law 16, valid stays valid: what each operation does to a document.

A document is a value, so a batch is atomic by nature: on error the caller still has the old one.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

from weft.errors import OperationError
from weft.limits import (
    DESCRIPTION_MAX_CHARACTERS,
    DOCUMENT_MAX_BYTES,
    TEXT_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    WIDGETS_MAX_PER_DASHBOARD,
)
from weft.ot.document import Document, index_in, rebuild, walk
from weft.ot.operation import ABSENT, Operation, Operations, Path
from weft.ot.rope import Items, RichText
from weft.ot.sequence import (
    Node,
    delete_from,
    format_in,
    insert_into,
    opened,
    part_of,
    plain,
)
from weft.ot.shape import Record, check_coordinates, check_update, complete_widget
from weft.ot.values import is_rich, text_bytes, weigh

Effect: TypeAlias = tuple[Document, Node]  # the new document, and the node that was replaced


class Recorded(NamedTuple):
    """A document after operations, and these with `old_value` as what they really replaced."""

    document: Document
    operations: Operations


def apply(
    document: Document, operations: Iterable[Operation], *, within_limits: bool = True
) -> Document:
    """The document after `operations`, all or none.

    Sizes are limited when an edit is accepted, and merged edits may pass a limit that each alone
    kept; so a replica that follows what was accepted applies with `within_limits=False`.

    Raises OperationError: target_missing, target_exists, invalid_path, out_of_range,
    invalid_operation, limit_exceeded.
    """
    before = document.size_bytes
    for operation in operations:
        document, _ = _EFFECTS[operation.type](document, operation, within_limits)
    if within_limits and document.size_bytes > max(before, DOCUMENT_MAX_BYTES):
        raise OperationError("limit_exceeded", "The document would be too large.")
    return document


def apply_recording(document: Document, operations: Iterable[Operation]) -> Recorded:
    """As `apply`, for whoever commits: also tells what update, move, resize, removeWidget replaced.

    Raises as `apply`.
    """
    before = document.size_bytes
    recorded: list[Operation] = []
    for operation in operations:
        document, replaced = _EFFECTS[operation.type](document, operation, True)
        if operation.type in _RECORDED:
            operation = operation._replace(old_value=plain(replaced))  # noqa: PLW2901
        recorded.append(operation)
    if document.size_bytes > max(before, DOCUMENT_MAX_BYTES):
        raise OperationError("limit_exceeded", "The document would be too large.")
    return Recorded(document, tuple(recorded))


def perform(document: Document, operation: Operation) -> Effect:
    """The document after one operation, and the node that this replaced or removed (or ABSENT)."""
    return _EFFECTS[operation.type](document, operation, False)


_RECORDED: Final = frozenset({"update", "move", "resize", "removeWidget"})


def _insert(document: Document, operation: Operation, limited: bool) -> Effect:
    _, target_id, path, value, _, position, _, attributes, _ = operation
    nodes = nodes_to_sequence(document, target_id, path)
    new = insert_into(opened(nodes[-1]), position, value, attributes)
    if limited and type(value) is str and len(new) > _longest(target_id, path):
        raise OperationError("limit_exceeded", "The text would be too long.")
    growth = new.weight - weigh(nodes[-1]) if type(new) is RichText else _content_weight(value)
    return document.with_record(target_id, rebuild(nodes, path, new), growth), ABSENT


def _delete(document: Document, operation: Operation, _limited: bool) -> Effect:
    _, target_id, path, _, _, position, length, _, _ = operation
    nodes = nodes_to_sequence(document, target_id, path)
    old = opened(nodes[-1])
    new = delete_from(old, position, length)
    if type(new) is RichText:
        growth = new.weight - weigh(nodes[-1])
    else:
        growth = -_content_weight(part_of(old, position, length))
    return document.with_record(target_id, rebuild(nodes, path, new), growth), ABSENT


def _format(document: Document, operation: Operation, _limited: bool) -> Effect:
    _, target_id, path, _, _, position, length, attributes, _ = operation
    nodes = nodes_to_sequence(document, target_id, path)
    new = format_in(opened(nodes[-1]), position, length, attributes)
    growth = new.weight - weigh(nodes[-1])
    return document.with_record(target_id, rebuild(nodes, path, new), growth), ABSENT


def nodes_to_sequence(document: Document, target_id: str | None, path: Path) -> list[Node]:
    if not path or (path[0] == "type" and target_id is not None):
        raise OperationError("invalid_path", "This is changed as a whole.")
    return walk(document.record(target_id), path)


def _longest(target_id: str | None, path: Path) -> int:
    """Characters that a text may have: titles and descriptions lie in columns."""
    if len(path) > 1:
        return TEXT_MAX_CHARACTERS
    if path[0] == "title":
        return TITLE_MAX_CHARACTERS
    return DESCRIPTION_MAX_CHARACTERS if target_id is None else TEXT_MAX_CHARACTERS


def _update(document: Document, operation: Operation, _limited: bool) -> Effect:
    _, target_id, path, value, *_ = operation
    if not path:
        return _replace_widget(document, operation)
    check_update(target_id, path, value)
    nodes = walk(document.record(target_id), path[:-1])
    parent, key = nodes[-1], path[-1]
    kind = type(parent)
    if kind is dict and not is_rich(parent):
        old = parent.get(key, ABSENT)
        key_weight = text_bytes(key) + 3
    elif (kind is list or kind is Items) and value is not ABSENT:
        old = parent[index_in(parent, key)]
        key_weight = 0
    else:
        raise OperationError("invalid_path", "There is no object or list to update.")
    growth = 0 if value is ABSENT else key_weight + weigh(value)
    growth -= 0 if old is ABSENT else key_weight + weigh(old)
    return document.with_record(target_id, rebuild(nodes, path, value), growth), old


def _replace_widget(document: Document, operation: Operation) -> Effect:
    if operation.target_id is None:
        raise OperationError("invalid_path", "The dashboard is not updated as a whole.")
    old = document.record(operation.target_id)
    new = complete_widget(operation.value)
    growth = weigh(new) - weigh(old)
    return document.with_record(operation.target_id, new, growth), old


def _move(document: Document, operation: Operation, _limited: bool) -> Effect:
    target_id = _widget_of(operation)
    check_coordinates(operation.type, operation.value)
    record = document.record(target_id)
    old: Record = record["position"]
    changes: Any = operation.value
    replaced = {name: old[name] for name in changes}
    new_record = {**record, "position": {**old, **changes}}
    return document.with_record(target_id, new_record, 0), replaced


def _add_widget(document: Document, operation: Operation, limited: bool) -> Effect:
    target_id = _widget_of(operation)
    if target_id in document:
        raise OperationError("target_exists", targetId=target_id)
    if limited and document.widget_count >= WIDGETS_MAX_PER_DASHBOARD:
        raise OperationError("limit_exceeded", "The dashboard has too many widgets.")
    record = complete_widget(operation.value)
    return document.with_record(target_id, record, weigh(record)), ABSENT


def _remove_widget(document: Document, operation: Operation, _limited: bool) -> Effect:
    target_id = _widget_of(operation)
    old = document.record(target_id)
    return document.with_record(target_id, None, -weigh(old)), old


def _noop(document: Document, _operation: Operation, _limited: bool) -> Effect:
    return document, ABSENT


def _widget_of(operation: Operation) -> str:
    if operation.target_id is None:
        raise OperationError("target_missing", "This operation needs a widget.")
    return operation.target_id


def _content_weight(content: Any) -> int:
    """Of a part of plain text or of a list."""
    return text_bytes(content) if type(content) is str else sum(map(weigh, content))


_EFFECTS: Final[dict[str, Callable[[Document, Operation, bool], Effect]]] = {
    "insert": _insert,
    "delete": _delete,
    "format": _format,
    "update": _update,
    "move": _move,
    "resize": _move,
    "addWidget": _add_widget,
    "removeWidget": _remove_widget,
    "noop": _noop,
}
