"""One edit as data: the seed's `Operation`, its eight types, and the explicit no-op.

An operation is immutable and says where it acts by `target_id` (a widget, or None for the
dashboard itself) and `path` (keys and list indexes as strings). Standard library only.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias

JsonValue: TypeAlias = Any  # None, bool, int, float, str, list, dict with string keys
Path: TypeAlias = tuple[str, ...]

OperationType = Literal[
    "insert", "delete", "update", "move", "resize", "format", "addWidget", "removeWidget", "noop"
]


class Absent(Enum):
    """The value of a key that is not there, which JSON's null is not."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT


class Operation(NamedTuple):
    """See docs/spec.md, "Operations", for the fields that each type uses.

    position and length count Unicode code points in text (an embed is one), items in a list.
    """

    type: OperationType
    target_id: str | None = None
    path: Path = ()
    value: JsonValue | Absent = ABSENT
    old_value: JsonValue | Absent = ABSENT
    position: int = 0
    length: int = 0
    attributes: Mapping[str, JsonValue] | None = None
    reason: str | None = None  # of a no-op: why the edit has no effect


Operations: TypeAlias = tuple[Operation, ...]
