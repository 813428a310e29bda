"""The JSON shapes of operations and of the document, for schema generation.

Types only: the laws of operations are kept by `weft.ot`, and no message validates these here.
"""

from typing import Any, Literal, NotRequired, TypeAlias

from pydantic import JsonValue
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12


class InsertJson(TypedDict):
    type: Literal["insert"]
    targetId: NotRequired[str]
    path: list[str]
    position: int
    value: JsonValue  # text, a list of items, or an embed
    attributes: NotRequired[dict[str, JsonValue]]
    plugin: NotRequired[str]  # who added it; the server alone writes it


class DeleteJson(TypedDict):
    type: Literal["delete"]
    targetId: NotRequired[str]
    path: list[str]
    position: int
    length: int
    plugin: NotRequired[str]  # who added it; the server alone writes it


class FormatJson(TypedDict):
    type: Literal["format"]
    targetId: NotRequired[str]
    path: list[str]
    position: int
    length: int
    attributes: dict[str, JsonValue]
    plugin: NotRequired[str]  # who added it; the server alone writes it


class UpdateJson(TypedDict):
    type: Literal["update"]
    targetId: NotRequired[str]
    path: list[str]
    value: NotRequired[JsonValue]  # absent: the key is removed
    oldValue: NotRequired[JsonValue]
    plugin: NotRequired[str]  # who added it; the server alone writes it


class CoordinatesJson(TypedDict):
    x: NotRequired[float]
    y: NotRequired[float]
    width: NotRequired[float]
    height: NotRequired[float]


class MoveJson(TypedDict):
    type: Literal["move"]
    targetId: str
    value: CoordinatesJson
    oldValue: NotRequired[CoordinatesJson]
    plugin: NotRequired[str]  # who added it; the server alone writes it


class ResizeJson(TypedDict):
    type: Literal["resize"]
    targetId: str
    value: CoordinatesJson
    oldValue: NotRequired[CoordinatesJson]
    plugin: NotRequired[str]  # who added it; the server alone writes it


class PositionJson(TypedDict):
    x: float
    y: float
    width: float
    height: float
    zIndex: NotRequired[float]


class NewWidgetJson(TypedDict):
    type: str
    position: PositionJson
    title: NotRequired[str | None]
    config: NotRequired[dict[str, JsonValue]]
    data: NotRequired[dict[str, JsonValue]]
    isLocked: NotRequired[bool]


class AddWidgetJson(TypedDict):
    type: Literal["addWidget"]
    targetId: str
    value: NewWidgetJson
    plugin: NotRequired[str]  # who added it; the server alone writes it


class RemoveWidgetJson(TypedDict):
    type: Literal["removeWidget"]
    targetId: str
    oldValue: NotRequired[dict[str, Any]]
    plugin: NotRequired[str]  # who added it; the server alone writes it


class NoopJson(TypedDict):
    type: Literal["noop"]
    reason: str
    targetId: NotRequired[str]
    path: NotRequired[list[str]]


OperationJson: TypeAlias = (
    InsertJson
    | DeleteJson
    | FormatJson
    | UpdateJson
    | MoveJson
    | ResizeJson
    | AddWidgetJson
    | RemoveWidgetJson
    | NoopJson
)


class WidgetJson(TypedDict):
    type: str
    title: str | None
    position: PositionJson
    config: dict[str, JsonValue]
    data: dict[str, JsonValue]
    isLocked: bool


class DocumentJson(TypedDict):
    title: str
    description: str | None
    settings: dict[str, JsonValue]
    layout: list[JsonValue]
    widgets: dict[str, WidgetJson]
