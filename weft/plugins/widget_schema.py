"""Types of widget as a deployment writes them down: a name, and JSON Schemas of config and data."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

import orjson
from pydantic import BaseModel

from weft.errors import WeftError
from weft.limits import PROBLEMS_MAX_PER_ANSWER, WIDGET_TYPE_MAX_CHARACTERS
from weft.models import Problem, WidgetKind
from weft.models.widget_types import Content, Schema

PARTS: Final = frozenset({"config", "data"})


class JsonSchema:
    """A check by a JSON Schema: 2020-12, or what its `$schema` says. No reference leads outside."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises WeftError misconfigured when it is no schema, or jsonschema is not installed."""
        try:
            import jsonschema  # noqa: PLC0415  (of the server; the client needs none)
            from jsonschema.validators import validator_for  # noqa: PLC0415
            from referencing import Registry  # noqa: PLC0415
        except ModuleNotFoundError:
            message = "JSON Schemas of widgets need jsonschema: pip install 'weft[server]'"
            raise WeftError("misconfigured", message) from None
        self.schema = dict(schema)
        kind = validator_for(self.schema, jsonschema.Draft202012Validator)
        try:
            kind.check_schema(self.schema)
        except jsonschema.SchemaError as error:
            raise WeftError("misconfigured", f"No JSON Schema: {error.message}") from None
        self._validator = kind(self.schema, registry=Registry())

    def __call__(self, content: Content) -> Iterator[Problem]:
        for number, error in enumerate(self._validator.iter_errors(dict(content))):
            if number == PROBLEMS_MAX_PER_ANSWER:
                return
            where = ".".join(str(part) for part in error.absolute_path)
            yield Problem(where, str(error.validator), error.message[:200])


def kinds_in(described: Mapping[str, Any]) -> list[WidgetKind]:
    """{name: {"config": schema, "data": schema}}; a part that is left out may be anything.

    Raises WeftError misconfigured.
    """
    return [_kind(name, parts) for name, parts in described.items()]


def read_kinds(text: bytes, path: PurePath) -> dict[str, Any]:
    """Of a file, checked. Raises WeftError misconfigured."""
    try:
        described = orjson.loads(text)
        if not isinstance(described, dict):
            raise WeftError("misconfigured", "It is not an object of types by name.")
        kinds_in(described)
    except orjson.JSONDecodeError as error:
        raise WeftError("misconfigured", f"{path}: {error}") from None
    except WeftError as error:
        raise WeftError("misconfigured", f"{path}: {error.message}") from None
    return described


def schema_of(schema: Schema) -> dict[str, Any]:
    """As JSON Schema; {} (anything) of a check that is a program."""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema(by_alias=True)
    return schema.schema if isinstance(schema, JsonSchema) else {}


def _kind(name: str, parts: Any) -> WidgetKind:
    if not 1 <= len(name) <= WIDGET_TYPE_MAX_CHARACTERS:
        raise WeftError(
            "misconfigured", f"A type has 1 to {WIDGET_TYPE_MAX_CHARACTERS} characters."
        )
    if not isinstance(parts, dict) or not parts.keys() <= PARTS:
        raise WeftError("misconfigured", f"{name}: says config and data, and nothing else.")
    try:
        return WidgetKind(name, *(JsonSchema(parts.get(part, {})) for part in ("config", "data")))
    except (WeftError, TypeError, ValueError) as error:
        raise WeftError("misconfigured", f"{name}: {error}") from None
