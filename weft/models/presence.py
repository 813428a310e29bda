"""Where people are on a dashboard: cursor, selection and viewport, per connection (law 8).

Coordinates are those of the dashboard's plane. An `offset` counts code points (embeds, items) in
the sequence at `path` of the element `element_id`, a widget; of the dashboard itself where that is
left out. Without `path` nobody but the application knows what it counts, and no edit moves it.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import PATH_MAX_SEGMENTS, SELECTION_RANGES_MAX
from weft.models.field import (
    Color,
    ElementId,
    Flag,
    Instant,
    Number,
    PathSegment,
    Size,
    WebUrl,
    Whole,
)
from weft.models.record import Record
from weft.models.user import Username

TextPath = Annotated[tuple[PathSegment, ...], Field(min_length=1, max_length=PATH_MAX_SEGMENTS)]


class CursorPosition(Record):
    x: Number
    y: Number
    element_id: ElementId | None = None
    path: TextPath | None = None
    offset: Whole | None = None


class SelectionRange(Record):
    """From start to end, which may lie before it: a selection made backwards."""

    start_element_id: ElementId
    start_offset: Whole
    end_element_id: ElementId
    end_offset: Whole
    start_path: TextPath | None = None
    end_path: TextPath | None = None


class Viewport(Record):
    x: Number
    y: Number
    width: Size
    height: Size
    zoom: Size


class PresenceUser(Record):
    id: UUID
    username: Username
    avatar_url: WebUrl | None = None
    color: Color


Selection = Annotated[tuple[SelectionRange, ...], Field(max_length=SELECTION_RANGES_MAX)]


class Presence(Record):
    user_id: UUID
    user: PresenceUser
    cursor: CursorPosition | None = None
    selection: Selection | None = None
    viewport: Viewport | None = None
    is_active: Flag
    last_update: Instant


class Present(Presence):
    """One connection of somebody who is here, and the version that its offsets belong to."""

    connection_id: ElementId
    replica_id: UUID
    version: Whole | None = None
