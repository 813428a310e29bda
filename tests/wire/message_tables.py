"""What the tables in part 4 of docs/spec.md must say, derived from the models of the wire."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.wire.wire_page import ANY_FURTHER, Field
from weft.limits import INTEGER_MAX
from weft.wire.messages import CLIENT_MESSAGES, SERVER_MESSAGES

Schema = Mapping[str, Any]
Fields = dict[str, Field]
_INNER: Final = {"DocumentJson": "Document"}  # described in part 2
_OPERATION: Final = "InsertJson"  # the first of the union


def client_tables() -> dict[str, Fields]:
    return {name: fields for _, name, fields in _messages(CLIENT_MESSAGES.json_schema())}


def server_tables() -> dict[str, Fields]:
    return {name: fields for _, name, fields in _messages(SERVER_MESSAGES.json_schema())}


def shape_tables() -> dict[str, Fields]:
    """Of the objects that messages hold, but documents and operations, which part 2 describes."""
    shapes: dict[str, Fields] = {}
    for schema in (CLIENT_MESSAGES.json_schema(), SERVER_MESSAGES.json_schema()):
        definitions = schema["$defs"]
        messages = {model for model, _, _ in _messages(schema)}
        for name, definition in definitions.items():
            if name not in messages and "properties" in definition and not name.endswith("Json"):
                shapes[name] = _fields(definition, definitions)
    return shapes


def section(kind: str, name: str, fields: Fields) -> str:
    """As it may be pasted into the page; what the fields mean, and an example, are left to you."""
    rows = [
        f"| `{field}`{'?' * each.is_optional} | {each.type} | |" for field, each in fields.items()
    ]
    return "\n".join(
        [f"### {kind} `{name}`", "", "| field | type | |", "| --- | --- | --- |", *rows]
    )


def _messages(schema: Schema) -> Iterator[tuple[str, str, Fields]]:
    definitions = schema["$defs"]
    for name, reference in schema["discriminator"]["mapping"].items():
        model = reference.rpartition("/")[2]
        fields = _fields(definitions[model], definitions)
        del fields["type"]
        yield model, name, fields


def _fields(definition: Schema, definitions: Schema) -> Fields:
    required = set(definition.get("required", ()))
    fields = {
        name: Field(type_text(schema, definitions), name not in required)
        for name, schema in definition["properties"].items()
    }
    if definition.get("additionalProperties") is True:
        fields[ANY_FURTHER] = Field("any", is_optional=False)
    return fields


def type_text(schema: Schema, definitions: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        definition = definitions[name]
        if "properties" in definition:
            return _INNER.get(name, name)
        return "any" if name == "JsonValue" else type_text(definition, definitions)
    if "anyOf" in schema:
        return _union(schema["anyOf"], definitions)
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return f"one of {schema['const']}"
    return _typed(schema, definitions)


def _typed(schema: Schema, definitions: Schema) -> str:
    match schema.get("type"):
        case "string" if schema.get("format") == "uuid":
            return "UUID"
        case "string":
            bounds = _bounds(schema, "minLength", "maxLength")
            return f"string of {bounds} characters" if bounds else "string"
        case "integer" | "number" as kind:
            return f"{kind} {_bounds(schema, 'minimum', 'maximum')}".strip()
        case "array":
            lengths = _bounds(schema, "minItems", "maxItems")
            items = type_text(schema["items"], definitions)
            return f"list of {items} ({lengths})" if lengths else f"list of {items}"
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return f"object of {type_text(schema['additionalProperties'], definitions)}"
        case None:
            return "any"
        case kind:
            return str(kind)


def _union(members: list[Schema], definitions: Schema) -> str:
    """Without null: absent is how the wire says it."""
    if any(member.get("$ref", "").endswith(f"/{_OPERATION}") for member in members):
        return "Operation"
    told = [type_text(each, definitions) for each in members if each.get("type") != "null"]
    return " or ".join(dict.fromkeys(told))


def _bounds(schema: Schema, low: str, high: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if most == INTEGER_MAX:
        most = None
    if least is not None and most is not None:
        return f"{least:,}..{most:,}"
    if most is not None:
        return f"at most {most:,}"
    return f"≥ {least:,}" if least is not None else ""
