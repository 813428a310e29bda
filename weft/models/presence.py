"""Where people are on a dashboard: cursor, selection and viewport, per connection (law 8).

Coordinates are those of the dashboard's plane, `offset` counts code points in an element's text.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import SELECTION_RANGES_MAX
from weft.models.field import Color, ElementId, Flag, Instant, Number, Size, WebUrl, Whole
from weft.models.record import Record
from weft.models.user import Username


class CursorPosition(Record):
    x: Number
    y: Number
    element_id: ElementId | None = None
    offset: Whole | None = None


class SelectionRange(Record):
    """From start to end, which may lie before it: a selection made backwards."""

    start_element_id: ElementId
    start_offset: Whole
    end_element_id: ElementId
    end_offset: Whole


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


class Presence(Record):
    user_id: UUID
    user: PresenceUser
    cursor: CursorPosition | None = None
    selection: (
        Annotated[tuple[SelectionRange, ...], Field(max_length=SELECTION_RANGES_MAX)] | None
    ) = None
    viewport: Viewport | None = None
    is_active: Flag
    last_update: Instant
