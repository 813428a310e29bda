"""The document: immutable, each version sharing with the one before all that did not change.

Widgets lie in a fixed number of shards, so that replacing one copies a shard and not the map;
long text and lists lie in ropes. Measured in docs/decisions/0002.
"""

from typing import Any, Final

from weft.errors import OperationError
from weft.limits import WIDGETS_MAX_PER_DASHBOARD
from weft.ot.operation import ABSENT, Absent, JsonValue, Path
from weft.ot.rope import Items
from weft.ot.sequence import Node, opened, plain
from weft.ot.shape import Record, complete_dashboard, complete_widget
from weft.ot.values import list_index, same_json, weigh

_SHARDS: Final = 64  # of at most 32 widgets each at the limit of 2,000

assert WIDGETS_MAX_PER_DASHBOARD <= _SHARDS * 32


class Document:
    """One state of a dashboard. Compare with ==, which is equality of JSON."""

    __slots__ = ("_fields", "_shards", "size_bytes", "widget_count")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, fields: Record, shards: tuple[dict[str, Record], ...], widget_count: int, size: int
    ) -> None:
        """Private: see from_json and empty."""
        self._fields = fields
        self._shards = shards
        self.widget_count = widget_count
        self.size_bytes = size  # about its length as JSON

    @classmethod
    def empty(cls, title: str = "") -> "Document":
        return cls.from_json({"title": title})

    @classmethod
    def from_json(cls, value: JsonValue) -> "Document":
        """Read a state; a key left out has its default. `value` is copied.

        Raises OperationError: invalid_operation with `field` and `rule`, invalid_number, too_deep.
        """
        if type(value) is not dict or type(value.get("widgets", {})) is not dict:
            raise OperationError("invalid_operation", "A document and its widgets are objects.")
        fields = complete_dashboard({key: item for key, item in value.items() if key != "widgets"})
        shards: list[dict[str, Record]] = [{} for _ in range(_SHARDS)]
        size = weigh(fields)
        widgets = value.get("widgets", {})
        for widget_id, widget in widgets.items():
            record = complete_widget(widget)
            shards[hash(widget_id) % _SHARDS][widget_id] = record
            size += weigh(record)
        return cls(fields, tuple(shards), len(widgets), size)

    def to_json(self) -> dict[str, Any]:
        """The state as fresh JSON, widgets by id."""
        widgets = {widget_id: self.record(widget_id) for widget_id in self.widget_ids()}
        return {**plain(self._fields), "widgets": plain(widgets)}

    def __contains__(self, target_id: object) -> bool:
        return target_id is None or target_id in self._shards[hash(target_id) % _SHARDS]

    def widget_ids(self) -> list[str]:
        """In order."""
        return sorted(widget_id for shard in self._shards for widget_id in shard)

    def value_at(self, target_id: str | None, path: Path = ()) -> JsonValue:
        """Fresh JSON of what is there. Raises OperationError: target_missing, invalid_path."""
        return plain(walk(self.record(target_id), path)[-1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        return _same(self._fields, other._fields) and all(
            mine is theirs
            or (
                mine.keys() == theirs.keys()
                and all(_same(record, theirs[widget_id]) for widget_id, record in mine.items())
            )
            for mine, theirs in zip(self._shards, other._shards, strict=True)
        )

    def __repr__(self) -> str:
        return f"Document({self.to_json()!r})"

    # For weft.ot alone: nodes, which share with the document and must not be changed.

    def record(self, target_id: str | None) -> Record:
        """The node of a widget, or of the dashboard's own fields."""
        if target_id is None:
            return self._fields
        try:
            return self._shards[hash(target_id) % _SHARDS][target_id]
        except KeyError:
            raise OperationError("target_missing", targetId=target_id) from None

    def with_record(self, target_id: str | None, record: Record | None, growth: int) -> "Document":
        """With `record` as a widget (None: without it) or as the dashboard's own fields."""
        size = self.size_bytes + growth
        if target_id is None:
            assert record is not None
            return Document(record, self._shards, self.widget_count, size)
        number = hash(target_id) % _SHARDS
        shard = self._shards[number].copy()
        count = self.widget_count - len(shard)
        if record is None:
            del shard[target_id]
        else:
            shard[target_id] = record
        shards = (*self._shards[:number], shard, *self._shards[number + 1 :])
        return Document(self._fields, shards, count + len(shard), size)


def _same(left: Node, right: Node) -> bool:
    return left is right or same_json(plain(left), plain(right))


def walk(root: Node, path: Path) -> list[Node]:
    """The nodes from `root` along `path`. Raises OperationError: invalid_path."""
    nodes = [root]
    for segment in path:
        kind = type(root)
        if kind is dict:
            root = root.get(segment, ABSENT)
            if root is ABSENT or (segment == "ops" and type(root) is list):
                raise OperationError("invalid_path", path=list(path))
        elif kind is list or kind is Items:
            root = root[index_in(root, segment)]
        else:
            raise OperationError("invalid_path", path=list(path))
        nodes.append(root)
    return nodes


def rebuild(nodes: list[Node], path: Path, leaf: Node | Absent) -> Node:
    """A new root: `leaf` in place of what `path` leads to from nodes[0] (ABSENT: without it)."""
    for depth in range(len(path) - 1, -1, -1):
        node, segment = nodes[depth], path[depth]
        if type(node) is list:
            node = opened(node)
        if type(node) is Items:
            leaf = node.with_item(int(segment), leaf)
            continue
        copy = node.copy()
        if type(node) is list:
            copy[int(segment)] = leaf
        elif leaf is ABSENT:
            copy.pop(segment, None)
        else:
            copy[segment] = leaf
        leaf = copy
    return leaf


def index_in(items: Node, segment: str) -> int:
    """The index of an item that is there. Raises OperationError: invalid_path."""
    index = list_index(segment)
    if index >= len(items):
        raise OperationError("invalid_path", f"There is no list item {segment}.")
    return index
