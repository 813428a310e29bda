"""What every model shares: camelCase on the wire, snake_case inside, nothing unknown, immutable.

An optional field of the seed (`fullName?`) may be absent or null when it arrives, and is absent
when it leaves. No default reads a clock: what the database sets has no default here.
"""

from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from weft.models.problem import invalid, problems_of


class Record(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )

    @classmethod
    def from_wire(cls, content: Any) -> Self:
        """Parsed JSON, in camelCase alone. Raises WeftError invalid_message with `errors`."""
        try:
            return cls.model_validate(content, by_alias=True, by_name=False)
        except ValidationError as error:
            raise invalid(problems_of(error)) from None

    def to_wire(self) -> dict[str, Any]:
        """JSON values in camelCase; optional fields without a value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class _NeverNull:
    """Null is refused, and the schema says so; None remains as the default, for absent."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_not_null, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = handler(schema)
        return next(kind for kind in found["anyOf"] if kind != {"type": "null"})


def _not_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("not_null", "Input may be absent, but not null")
    return value


T = TypeVar("T")
Kept = Annotated[T | None, _NeverNull()]
"""Of a Patch: a field that can be changed but not cleared."""


class Patch(Record):
    """A partial change: an absent field stays as it is; null clears one that may be empty."""

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by their names inside."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def to_wire(self) -> dict[str, Any]:
        """What was sent, nulls included."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
