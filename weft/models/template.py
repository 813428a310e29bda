"""Dashboard templates: what a new dashboard may start from (`dashboard_templates`)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import (
    TEMPLATE_CATEGORY_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    WIDGETS_MAX_PER_DASHBOARD,
)
from weft.models.dashboard import Layout
from weft.models.field import Description, Flag, Instant, Storable, WebUrl
from weft.models.record import Record
from weft.models.widget import WidgetCreate

TemplateName = Annotated[
    str, Field(strict=True, min_length=1, max_length=TITLE_MAX_CHARACTERS), Storable
]
Category = Annotated[str, Field(strict=True, max_length=TEMPLATE_CATEGORY_MAX_CHARACTERS), Storable]
DefaultWidgets = Annotated[tuple[WidgetCreate, ...], Field(max_length=WIDGETS_MAX_PER_DASHBOARD)]


class TemplateCreate(Record):
    name: TemplateName
    description: Description | None = None
    category: Category | None = None
    thumbnail_url: WebUrl | None = None
    layout: Layout
    default_widgets: DefaultWidgets = ()
    is_public: Flag = True


class DashboardTemplate(TemplateCreate):
    id: UUID
    created_at: Instant
