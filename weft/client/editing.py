"""Edits by name, checked as the server will check them, and applied to the view at once.

Every method raises WeftError when the edit is not well formed, or not possible on what is shown
now; nothing has changed then. `target_id` None is the dashboard itself. A path is one key, or a
list of keys and list indexes. Positions and lengths count Unicode code points, embeds and items.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias
from uuid import UUID, uuid4

from weft.client.instructions import ReplicaInstruction
from weft.client.notices import Notice
from weft.client.replica import Replica
from weft.ot import operation_from_json, operation_to_json
from weft.ot.document import Document
from weft.ot.operation import ABSENT, JsonValue, Operation, Path
from weft.wire.content import check_content

Where: TypeAlias = str | Sequence[str | int]
Target: TypeAlias = UUID | str | None


class Editing:
    """`carry` carries the replica's instructions out."""

    def __init__(self, replica: Replica, carry: Callable[[list[ReplicaInstruction]], None]) -> None:
        self._replica = replica
        self._carry = carry

    @property
    def document(self) -> Document:
        """What is shown: all that is committed, and all edits made here. A value; compare by ==."""
        return self._replica.document

    def insert(
        self,
        target_id: Target,
        path: Where,
        position: int,
        value: JsonValue,
        attributes: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Text into a text; text or an embed into rich text; a list of items into a list."""
        self._edit(
            Operation(
                "insert",
                _target(target_id),
                _path(path),
                value,
                position=position,
                attributes=attributes,
            )
        )

    def delete(self, target_id: Target, path: Where, position: int, length: int) -> None:
        self._edit(
            Operation("delete", _target(target_id), _path(path), position=position, length=length)
        )

    def format(
        self,
        target_id: Target,
        path: Where,
        position: int,
        length: int,
        attributes: Mapping[str, JsonValue],
    ) -> None:
        """Set attributes of rich text over a range; None removes one."""
        self._edit(
            Operation(
                "format",
                _target(target_id),
                _path(path),
                position=position,
                length=length,
                attributes=attributes,
            )
        )

    def set(self, target_id: Target, path: Where, value: JsonValue) -> None:
        """Set a key of an object, or an element of a list."""
        self._edit(Operation("update", _target(target_id), _path(path), value))

    def unset(self, target_id: Target, path: Where) -> None:
        """Remove a key of an object."""
        self._edit(Operation("update", _target(target_id), _path(path), ABSENT))

    def move(self, target_id: Target, *, x: float | None = None, y: float | None = None) -> None:
        self._edit(Operation("move", _target(target_id), (), _given(x=x, y=y)))

    def resize(
        self,
        target_id: Target,
        *,
        width: float | None = None,
        height: float | None = None,
        x: float | None = None,
        y: float | None = None,
    ) -> None:
        value = _given(x=x, y=y, width=width, height=height)
        self._edit(Operation("resize", _target(target_id), (), value))

    def add_widget(self, widget: Mapping[str, JsonValue], target_id: Target = None) -> str:
        """Add a widget (docs/spec.md, "The document"); returns its id, a new one unless given."""
        widget_id = _target(target_id) or str(uuid4())
        self._edit(Operation("addWidget", widget_id, (), dict(widget)))
        return widget_id

    def remove_widget(self, target_id: Target) -> None:
        self._edit(Operation("removeWidget", _target(target_id)))

    def edit(self, *operations: Operation) -> None:
        """Several at once: all or none."""
        self._edit(*operations)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Edits inside are shown at once and committed as one; an exception undoes them.

        A batch inside a batch is part of it.
        """
        if self._replica.batch_is_open:
            yield
            return
        self._replica.open_batch()
        try:
            yield
        except BaseException:
            self._carry(self._replica.abandon_batch())
            raise
        self._carry(self._replica.close_batch())

    def notices(self) -> tuple[Notice, ...]:
        """Edits that were lost, neither restored nor dismissed yet."""
        return self._replica.copy.notices.open()

    def restore(self, notice: Notice) -> None:
        """Make a lost edit again, where its place is now. Raises WeftError if that is gone."""
        self._carry(self._replica.restore(notice))

    def dismiss(self, notice: Notice) -> None:
        self._replica.dismiss(notice)
        self._carry([])

    def _edit(self, *operations: Operation) -> None:
        self._carry(self._replica.edit(tuple(map(_checked, operations))))


def _checked(operation: Operation) -> Operation:
    """A canonical copy, so that what the caller does to a value later changes nothing here."""
    fields = operation_to_json(operation)
    check_content(fields)
    return operation_from_json(fields)


def _target(target_id: Target) -> str | None:
    return str(target_id) if isinstance(target_id, UUID) else target_id


def _path(where: Where) -> Path:
    return (where,) if isinstance(where, str) else tuple(map(str, where))


def _given(**coordinates: float | None) -> dict[str, float]:
    return {name: value for name, value in coordinates.items() if value is not None}
