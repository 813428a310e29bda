"""Edits of one sequence: a string, a list, or rich text, as a value or, once long, as a rope.

Each function returns the new sequence and leaves the old one. Raises OperationError: invalid_path
when this is no sequence or not of the right kind, out_of_range.
"""

from typing import Any, Final, NoReturn, TypeAlias

from weft.errors import OperationError
from weft.ot.delta import Attributes, Runs, delta_of, run_of, runs_of
from weft.ot.operation import JsonValue
from weft.ot.rope import Items, RichText, Text
from weft.ot.values import is_rich

Node: TypeAlias = Any  # a JSON value in which long or edited sequences are ropes

LIST_KINDS: Final = (list, Items)
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def opened(node: Node) -> Node:
    """The sequence ready to be edited; plain JSON stays as it is while it is short."""
    kind = type(node)
    if kind is str:
        return node if len(node) <= Text.CHUNK_MAX else Text.of(node)
    if kind is Text or kind is RichText or kind is Items:
        return node
    if kind is list:
        return node if len(node) <= Items.CHUNK_MAX else Items.of(node)
    if not is_rich(node):
        _refuse("there is no text or list")
    return RichText.of(runs_of(node))


def insert_into(sequence: Node, position: int, value: JsonValue, attributes: Attributes) -> Node:
    """With `value` at `position`; `sequence` is opened."""
    kind = type(sequence)
    content: Any = value
    if kind is RichText:
        if type(value) is list:
            _refuse("a list of items cannot go into rich text")
        content = run_of(value, attributes)
    elif type(value) is not (list if kind in LIST_KINDS else str):
        _refuse("text goes into text, and a list of items into a list")
    elif attributes is not None:
        _refuse("attributes go into rich text alone")
    if position > len(sequence):
        _out_of_range(sequence)
    if kind is str or kind is list:
        return sequence[:position] + content + sequence[position:]
    return sequence.splice(position, position, content)


def delete_from(sequence: Node, position: int, length: int) -> Node:
    """Without `length` elements from `position`; `sequence` is opened."""
    stop = position + length
    if stop > len(sequence):
        _out_of_range(sequence)
    kind = type(sequence)
    if kind is str or kind is list:
        return sequence[:position] + sequence[stop:]
    return sequence.splice(position, stop)


def format_in(sequence: Node, position: int, length: int, attributes: Attributes) -> Node:
    """With `attributes` set over a range; `sequence` is opened rich text."""
    if type(sequence) is not RichText:
        _refuse("only rich text has attributes")
    if position + length > len(sequence):
        _out_of_range(sequence)
    part = sequence.cut_out(position, position + length)
    return sequence.splice(position, position + length, part.formatted(attributes or {}))


def part_of(sequence: Node, position: int, length: int) -> Any:
    """A range of an opened sequence as str, list or Runs."""
    if position + length > len(sequence):
        _out_of_range(sequence)
    kind = type(sequence)
    if kind is str or kind is list:
        return sequence[position : position + length]
    return sequence.cut_out(position, position + length)


def plain(node: Node) -> JsonValue:
    """The node as JSON that shares no container with it."""
    kind = type(node)
    if kind is dict:
        return {key: item if type(item) in _SCALARS else plain(item) for key, item in node.items()}
    if kind is list:
        return [item if type(item) in _SCALARS else plain(item) for item in node]
    if kind is Items:
        return [plain(item) for chunk in node.chunks for item in chunk]
    if kind is Text or kind is RichText:
        return node.to_json()
    if kind is Runs:
        return delta_of(node.runs)
    return node


def _refuse(why: str) -> NoReturn:
    raise OperationError("invalid_path", f"The path does not fit this operation: {why}.")


def _out_of_range(sequence: Node) -> NoReturn:
    raise OperationError("out_of_range", length=len(sequence))
