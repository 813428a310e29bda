"""Dashboards: the seed's model, its settings and layout, and what one may ask of it over HTTP.

A dashboard as it is told of must bear what live editing has stored: see `Dashboard.stored`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import Field, ValidationError

from weft.limits import WIDGETS_MAX_PER_DASHBOARD
from weft.models.field import Description, ElementId, Flag, Instant, Number, Size, Title, Whole
from weft.models.record import Kept, Patch, Record
from weft.models.widget import WidgetCreate

Part = TypeVar("Part", bound=Record)


class DashboardSettings(Record):
    theme: Literal["light", "dark", "auto"] | None = None
    grid_size: Size | None = None
    snap_to_grid: Flag | None = None
    show_grid: Flag | None = None
    auto_save: Flag | None = None
    collaboration_mode: Literal["realtime", "manual"] | None = None


class WidgetLayout(Record):
    """The place of one widget; `is_locked` pins the place, the widget's own guards the widget."""

    id: ElementId
    x: Number
    y: Number
    width: Size
    height: Size
    min_width: Size | None = None
    min_height: Size | None = None
    max_width: Size | None = None
    max_height: Size | None = None
    is_locked: Flag | None = None


Layout = Annotated[tuple[WidgetLayout, ...], Field(max_length=WIDGETS_MAX_PER_DASHBOARD)]


class DashboardMetadata(Record):
    """All but the content (`cache:dashboard:{dashboardId}`). Version 0: nothing edited yet."""

    id: UUID
    title: Title
    description: Description | None = None
    owner_id: UUID
    created_at: Instant
    updated_at: Instant
    last_accessed_at: Instant | None = None
    is_public: Flag = False
    is_archived: Flag = False
    version: Whole = 0


class Dashboard(DashboardMetadata):
    settings: DashboardSettings = DashboardSettings()
    layout: Layout = ()

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> Self:
        """From a row, whose settings and layout may hold what this model has no name for.

        The algebra lets editors keep keys of their own there; these are left out, so that one
        stray key does not hide a dashboard. The whole is in the document.
        """
        places = [_fitting(WidgetLayout, place) for place in row["layout"]]
        kept = [place for place in places if place is not None]
        return cls.model_validate(
            {
                **row,
                "settings": _fitting(DashboardSettings, row["settings"]) or DashboardSettings(),
                "layout": kept[:WIDGETS_MAX_PER_DASHBOARD],
            }
        )


class DashboardCreate(Record):
    """With a template, what is given here replaces the template's."""

    title: Title
    description: Description | None = None
    is_public: Flag = False
    settings: DashboardSettings = DashboardSettings()
    layout: Layout = ()
    widgets: Annotated[tuple[WidgetCreate, ...], Field(max_length=WIDGETS_MAX_PER_DASHBOARD)] = ()
    template_id: UUID | None = None


class DashboardPatch(Patch):
    """Content (title, description, settings, layout) becomes operations; the rest is metadata.

    `settings` is itself a change: its absent keys stay, null clears one.
    """

    title: Kept[Title] = None
    description: Description | None = None
    settings: Kept[DashboardSettings] = None
    layout: Kept[Layout] = None
    is_public: Kept[Flag] = None
    is_archived: Kept[Flag] = None


def _fitting(model: type[Part], stored: Any) -> Part | None:
    """As much of a stored object as the model can hold; None when a required field cannot be."""
    try:
        return model.model_validate(stored)
    except ValidationError as error:
        if not isinstance(stored, dict):
            return None
        faulty = {found["loc"][0] for found in error.errors(include_url=False) if found["loc"]}
        kept = {key: value for key, value in stored.items() if key not in faulty}
        return None if len(kept) == len(stored) else _fitting(model, kept)
