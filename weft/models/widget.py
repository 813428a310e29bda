"""A widget as it is told of over HTTP, and as one asks for it or for a change of it.

What is stored is shown whatever it holds, also after its type was taken out of the registry;
what is asked for is checked by its type: `WidgetTypes.check(type, config, data)`.
"""

from typing import Any
from uuid import UUID

from pydantic import Field

from weft.models.field import Flag, Instant, Number, Size, Title, Whole, WidgetType
from weft.models.json_content import JsonObject
from weft.models.record import Kept, Patch, Record


class WidgetPosition(Record):
    """In the units of the host's grid; larger `z_index` lies above."""

    x: Number
    y: Number
    width: Size
    height: Size
    z_index: Number | None = None


class Widget(Record):
    id: UUID
    dashboard_id: UUID
    type: WidgetType
    title: Title | None = None
    position: WidgetPosition
    config: JsonObject = Field(default_factory=dict)
    data: JsonObject = Field(default_factory=dict)
    created_at: Instant
    updated_at: Instant
    created_by: UUID | None = None  # NULL in the table once that user is gone
    updated_by: UUID | None = None
    version: Whole = 1
    is_locked: Flag = False


class WidgetCreate(Record):
    """Becomes an `addWidget`; without an id the server draws one."""

    id: UUID | None = None
    type: WidgetType
    title: Title | None = None
    position: WidgetPosition
    config: JsonObject = Field(default_factory=dict)
    data: JsonObject = Field(default_factory=dict)
    is_locked: Flag = False

    def in_document(self) -> dict[str, Any]:
        """As the document holds it under its id, and an `addWidget` brings it."""
        return {
            "type": self.type,
            "title": self.title,
            "position": self.position.to_wire(),
            "config": self.config,
            "data": self.data,
            "isLocked": self.is_locked,
        }


class WidgetPatch(Patch):
    """Becomes `update` operations, one for each field that is sent."""

    title: Title | None = None
    position: Kept[WidgetPosition] = None
    config: Kept[JsonObject] = None
    data: Kept[JsonObject] = None
    is_locked: Kept[Flag] = None
