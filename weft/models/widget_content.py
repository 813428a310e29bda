"""Law 7 inside a widget: the known keys of `config` and `data` by widget type, all optional.

Keys that are not named here are kept unchecked, as the seed's index signature says: a host
product has its own. So a renderer takes an address only from a key that is checked here.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from weft.limits import (
    CHART_SERIES_MAX,
    INTEGER_MAX,
    TABLE_COLUMNS_MAX,
    TEXT_MAX_CHARACTERS,
)
from weft.models.field import (
    Color,
    Description,
    Flag,
    ImageUrl,
    MediaUrl,
    Number,
    Size,
    Title,
    json_number,
)
from weft.models.record import Record


def _plain_or_rich(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > TEXT_MAX_CHARACTERS:
            raise PydanticCustomError("string_too_long", "The text is too long")
        return value
    if isinstance(value, dict) and value.keys() == {"ops"} and isinstance(value["ops"], list):
        return value  # rich text, whose inner laws the algebra keeps
    raise PydanticCustomError("text_type", "Input should be a string or rich text {ops: [...]}")


def _string_or_number(value: Any) -> Any:
    return value if isinstance(value, str) else json_number(value)


TextContent = Annotated[
    Any,
    PlainValidator(_plain_or_rich),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "required": ["ops"]}]}),
]
Label = Annotated[
    Any, PlainValidator(_string_or_number), WithJsonSchema({"type": ["string", "number"]})
]


class OpenRecord(Record):
    """Known keys are checked, unknown ones kept."""

    model_config = ConfigDict(extra="allow")


class WidgetConfig(OpenRecord):
    """What every type of widget may have; `custom` has this alone."""

    background_color: Color | None = None
    border_color: Color | None = None
    border_width: Size | None = None
    padding: Size | None = None


class TextConfig(WidgetConfig):
    text: TextContent = None
    color: Color | None = None
    font_size: Size | None = None
    align: Literal["left", "center", "right", "justify"] | None = None


class ChartAxis(OpenRecord):
    label: Title | None = None
    min: Number | None = None
    max: Number | None = None


class ChartConfig(WidgetConfig):
    chart_type: Title | None = None  # charting libraries differ in what they can draw
    x_axis: ChartAxis | None = None
    y_axis: ChartAxis | None = None
    legend: Flag | None = None
    stacked: Flag | None = None


class TableColumn(OpenRecord):
    key: Title
    title: Title | None = None
    width: Size | None = None
    align: Literal["left", "center", "right"] | None = None


class TableConfig(WidgetConfig):
    columns: Annotated[tuple[TableColumn, ...], Field(max_length=TABLE_COLUMNS_MAX)] | None = None
    page_size: Annotated[int, Field(strict=True, ge=1, le=INTEGER_MAX)] | None = None


class ImageConfig(WidgetConfig):
    url: ImageUrl | None = None
    alt: Description | None = None
    fit: Literal["contain", "cover", "fill", "none", "scale-down"] | None = None


class VideoConfig(WidgetConfig):
    url: MediaUrl | None = None
    poster: ImageUrl | None = None
    autoplay: Flag | None = None
    controls: Flag | None = None
    loop: Flag | None = None
    muted: Flag | None = None


class EmbedConfig(WidgetConfig):
    url: MediaUrl | None = None
    allow_fullscreen: Flag | None = None


class WidgetData(OpenRecord):
    """What a widget shows; `any` in the seed, an object in a document."""


class ChartSeries(OpenRecord):
    name: Title | None = None
    values: tuple[Number | None, ...] | None = None


class ChartData(WidgetData):
    labels: tuple[Label, ...] | None = None
    series: Annotated[tuple[ChartSeries, ...], Field(max_length=CHART_SERIES_MAX)] | None = None


class TableData(WidgetData):
    rows: tuple[dict[str, Any], ...] | None = None
