"""Which types of widget there are, and what each may hold: an explicit, immutable registry.

A host product adds its own with `SEED_WIDGET_TYPES.with_kinds(WidgetKind("gauge", GaugeConfig))`
and passes the result on; nothing is registered behind anyone's back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from pydantic import BaseModel, ValidationError

from weft.models.problem import Problem, invalid, problems_of
from weft.models.widget_content import (
    ChartConfig,
    ChartData,
    EmbedConfig,
    ImageConfig,
    TableConfig,
    TableData,
    TextConfig,
    VideoConfig,
    WidgetConfig,
    WidgetData,
)

Content: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Content], Iterable[Problem]]
"""What is wrong with a config or data, its fields named from there: so a JSON Schema fits too."""

Schema: TypeAlias = type[BaseModel] | Check


@dataclass(frozen=True, slots=True)
class WidgetKind:
    """One type of widget. A model should keep unknown keys, as `WidgetConfig` does."""

    name: str
    config: Schema = WidgetConfig
    data: Schema = WidgetData


class WidgetTypes:
    """The types of widget of one deployment, by name."""

    def __init__(self, kinds: Iterable[WidgetKind]) -> None:
        self._kinds: dict[str, WidgetKind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"the widget type {kind.name} is registered twice")
            self._kinds[kind.name] = kind

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def kinds(self) -> tuple[WidgetKind, ...]:
        return tuple(self._kinds.values())

    def with_kinds(self, *kinds: WidgetKind) -> "WidgetTypes":
        """A new registry that has these too. Raises ValueError when a name is taken."""
        return WidgetTypes([*self._kinds.values(), *kinds])

    def problems(
        self, name: str, config: Content | None = None, data: Content | None = None
    ) -> list[Problem]:
        """What is wrong with a widget of this type, or with the part of one that is given."""
        kind = self._kinds.get(name)
        if kind is None:
            return [Problem("type", "unknown_widget_type", "No such type of widget")]
        found = [] if config is None else _problems(kind.config, config, "config")
        return found if data is None else found + _problems(kind.data, data, "data")

    def check(self, name: str, config: Content | None = None, data: Content | None = None) -> None:
        """Raises WeftError invalid_message with all that `problems` finds."""
        found = self.problems(name, config, data)
        if found:
            raise invalid(found)


def _problems(schema: Schema, content: Content, within: str) -> list[Problem]:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        try:
            schema.model_validate(content, by_alias=True, by_name=False)
        except ValidationError as error:
            return problems_of(error, within)
        return []
    return [
        found._replace(field=f"{within}.{found.field}" if found.field else within)
        for found in cast("Check", schema)(content)
    ]


SEED_WIDGET_TYPES: Final = WidgetTypes(
    [
        WidgetKind("text", TextConfig),
        WidgetKind("chart", ChartConfig, ChartData),
        WidgetKind("table", TableConfig, TableData),
        WidgetKind("image", ImageConfig),
        WidgetKind("video", VideoConfig),
        WidgetKind("embed", EmbedConfig),
        WidgetKind("custom"),
    ]
)
