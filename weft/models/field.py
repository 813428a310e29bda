"""The kinds of field that models share: texts, numbers, instants, colours, web addresses.

Strict where JSON has the type ("1" is no number, 1 is no boolean), canonical where it has not:
an instant leaves as UTC ISO 8601, an id as a UUID in lower case.
"""

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from weft.limits import (
    COLOR_MAX_CHARACTERS,
    DESCRIPTION_MAX_CHARACTERS,
    ELEMENT_ID_MAX_CHARACTERS,
    IMAGE_DATA_URL_MAX_CHARACTERS,
    INTEGER_MAX,
    KEY_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    URL_MAX_CHARACTERS,
    WIDGET_TYPE_MAX_CHARACTERS,
    WIDGET_URL_MAX_CHARACTERS,
)
from weft.models.json_content import checked_text

# --- texts -------------------------------------------------------------------------------------
Storable = AfterValidator(checked_text)  # last, after the rules that are cheaper

Text = Annotated[str, Field(strict=True), Storable]
Title = Annotated[str, Field(strict=True, max_length=TITLE_MAX_CHARACTERS), Storable]
Description = Annotated[str, Field(strict=True, max_length=DESCRIPTION_MAX_CHARACTERS), Storable]
WidgetType = Annotated[
    str, Field(strict=True, min_length=1, max_length=WIDGET_TYPE_MAX_CHARACTERS), Storable
]
ElementId = Annotated[
    str, Field(strict=True, min_length=1, max_length=ELEMENT_ID_MAX_CHARACTERS), Storable
]

PathSegment = Annotated[str, Field(strict=True, max_length=KEY_MAX_CHARACTERS), Storable]

# A colour and nothing else: no url(), no second declaration, so it may go into a style as it is.
Color = Annotated[
    str,
    Field(
        strict=True,
        max_length=COLOR_MAX_CHARACTERS,
        pattern=r"^(#[0-9a-fA-F]{3,8}|[a-zA-Z]+|var\(--[\w-]+\)"
        r"|(rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch|color)\([0-9a-zA-Z.,%/ +-]+\))$",
    ),
    Storable,
]

# --- numbers and flags -------------------------------------------------------------------------
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True, ge=0, le=INTEGER_MAX)]


def json_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number_type", "Input should be a number")
    in_range = abs(value) <= INTEGER_MAX if isinstance(value, int) else math.isfinite(value)
    if not in_range:
        raise PydanticCustomError("invalid_number", "Input should be finite and within 2^53 - 1")
    if isinstance(value, float) and value.is_integer() and abs(value) <= INTEGER_MAX:
        return int(value)  # one spelling for one number, as everywhere in a document
    return value


def _not_negative(value: int | float) -> int | float:
    if value < 0:
        raise PydanticCustomError("greater_than_equal", "Input should be at least 0")
    return value


Number = Annotated[int | float, PlainValidator(json_number), WithJsonSchema({"type": "number"})]
Size = Annotated[
    int | float,
    PlainValidator(lambda value: _not_negative(json_number(value))),
    WithJsonSchema({"type": "number", "minimum": 0}),
]


# --- instants ----------------------------------------------------------------------------------
def _iso_only(value: Any) -> Any:
    """No bare numbers: seconds and milliseconds look alike, and one of them is wrong."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", "Input should be an ISO 8601 date and time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "datetime_parsing", "Input should be an ISO 8601 date and time"
        ) from None


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_range", "The year should be 1 to 9999") from None


Instant = Annotated[AwareDatetime, BeforeValidator(_iso_only), AfterValidator(_in_utc)]

# --- web addresses -----------------------------------------------------------------------------
_WEB: Final = re.compile(
    r"https?://"
    r"(\[[0-9a-f:.]+\]|[^\x00-\x20\x7f/?#@:\\\[\]]+)(:[0-9]{1,5})?"  # no user, no backslash
    r"([/?#][^\x00-\x20\x7f\\]*)?",
    re.IGNORECASE,
)
_IMAGE_DATA: Final = re.compile(r"data:image/(png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/]+={0,2}")


def _web_url(text: str) -> str:
    if not _WEB.fullmatch(text):
        raise PydanticCustomError("web_url", "Only http:// and https:// addresses are allowed")
    return text


def _image_url(text: str) -> str:
    if len(text) <= WIDGET_URL_MAX_CHARACTERS and _WEB.fullmatch(text):
        return text
    if _IMAGE_DATA.fullmatch(text):
        return text
    raise PydanticCustomError(
        "image_url", "Only http(s) addresses and small data:image/… (no SVG) are allowed"
    )


WebUrl = Annotated[
    str, Field(strict=True, max_length=URL_MAX_CHARACTERS), Storable, AfterValidator(_web_url)
]
# A javascript: or data:text/html address in a frame or player is code run in the reader's page.
MediaUrl = Annotated[
    str,
    Field(strict=True, max_length=WIDGET_URL_MAX_CHARACTERS),
    Storable,
    AfterValidator(_web_url),
]
# A pasted icon needs no upload service; raster images cannot run script, as SVG can.
ImageUrl = Annotated[
    str,
    Field(strict=True, max_length=IMAGE_DATA_URL_MAX_CHARACTERS),
    Storable,
    AfterValidator(_image_url),
]
