"""Between dashboard templates and their columns; both twins go through here. Pure.

Layout and widgets are kept as they came over the wire, in camelCase.
"""

from typing import Any

from storage.rows import Row
from weft.errors import WeftError
from weft.models import DashboardTemplate, TemplateCreate


def template_columns(template: TemplateCreate) -> tuple[Any, ...]:
    """name, description, category, thumbnail_url, layout, default_widgets, is_public."""
    return (
        template.name,
        template.description,
        template.category,
        template.thumbnail_url,
        [place.to_wire() for place in template.layout],
        [widget.to_wire() for widget in template.default_widgets],
        template.is_public,
    )


def template_from(row: Row) -> DashboardTemplate:
    return DashboardTemplate.model_validate(
        {name: row[name] for name in DashboardTemplate.model_fields}
    )


def check_template(expected: DashboardTemplate | None, current: DashboardTemplate) -> None:
    """Raises WeftError conflict."""
    if expected is not None and expected != current:
        raise WeftError("conflict", "It has changed meanwhile.")
