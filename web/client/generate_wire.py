"""One truth for two languages: the wire in TypeScript, written from the models of the server.

Writes `src/wire/messages.ts` (types, from the JSON schema of weft/wire/messages.py) and
`src/wire/tables.ts` (limits, error codes, close codes, the shape of each server message).
Run it after changing any of those; a test compares what it would write with what is there:

    .venv/bin/python -m web.client.generate_wire
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from weft import limits
from weft.errors import CODES
from weft.models.permission import ROLE_CELLS
from weft.wire.close_codes import CLOSE_CODES
from weft.wire.messages import CLIENT_MESSAGES, PROTOCOL_VERSION, SERVER_MESSAGES, Role
from weft.wire.operations import OperationJson

SOURCE: Final = Path(__file__).parent / "src" / "wire"
HEADER: Final = """\
/**
 * {law}
 *
 * Written by web/client/generate_wire.py: change the models of the server, and run it again.
 */
"""
LIMITS: Final = (
    "FRAME_MAX_BYTES", "JSON_MAX_DEPTH", "INTEGER_MAX", "KEY_MAX_CHARACTERS", "FORBIDDEN_KEYS",
    "OPERATIONS_MAX_PER_SUBMISSION", "PATH_MAX_SEGMENTS", "TITLE_MAX_CHARACTERS",
    "WIDGET_TYPE_MAX_CHARACTERS", "DESCRIPTION_MAX_CHARACTERS", "WIDGETS_MAX_PER_DASHBOARD",
    "DOCUMENT_MAX_BYTES", "TEXT_MAX_CHARACTERS", "PING_INTERVAL_SECONDS",
    "RECONNECT_FIRST_SECONDS", "RECONNECT_QUICK_MAX_SECONDS", "RECONNECT_QUICK_ATTEMPTS",
    "RECONNECT_MAX_SECONDS", "JOIN_PATIENCE_ATTEMPTS",
    "OPEN_TIMEOUT_SECONDS", "ANSWER_TIMEOUT_SECONDS", "ANSWER_TIMEOUT_DOUBLINGS_MAX",
    "SILENCE_FORGOTTEN_SECONDS",
    "CLOSE_SAVE_TIMEOUT_SECONDS", "PRESENCE_HISTORY_VERSIONS", "PRESENCE_MAX_BYTES",
    "PRESENCE_TICK_SECONDS", "SELECTION_RANGES_MAX", "EDIT_MAX_BYTES", "SUBMISSION_TARGET_BYTES",
    "SUBMISSION_TARGET_OPERATIONS", "NOTICES_MAX", "OWN_WRITES_MAX",
)  # fmt: skip
PRIMITIVES: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
LINE_MAX: Final = 100

Schema = dict[str, Any]


def files() -> dict[Path, str]:
    """What each generated file should hold."""
    return {SOURCE / "messages.ts": messages(), SOURCE / "tables.ts": tables()}


# --- types ---------------------------------------------------------------------------------------


class Types:
    """TypeScript for the definitions of a JSON schema."""

    def __init__(self, definitions: Schema) -> None:
        self.definitions = definitions
        self.names: dict[str, str] = {}  # a union or enumeration that has a name of its own

    def alias(self, name: str, schema: Schema) -> str:
        written = self.written(schema)
        self.names[written] = name
        return _wrapped(f"export type {name} =", written.split(" | "))

    def definition(self, name: str) -> str:
        schema = self.definitions[name]
        about = schema.get("description")
        text = f"/** {' '.join(about.split())} */\n" if about else ""
        if "enum" in schema:
            return text + f"export type {name} = {self.written(schema)};\n"
        required = set(schema.get("required", ()))
        text += f"export interface {name} {{\n"
        for field, shape in schema["properties"].items():
            present = field in required or "const" in shape
            text += f"  readonly {field}{'' if present else '?'}: {self.field(shape)};\n"
        if schema.get("additionalProperties") is True:
            text += "  readonly [detail: string]: unknown;\n"
        return text + "}\n"

    def field(self, shape: Schema) -> str:
        """What is left out on the wire is never null there."""
        if "default" in shape and shape["default"] is None:
            shape = {"anyOf": [each for each in shape["anyOf"] if each.get("type") != "null"]}
        return self.written(shape)

    def written(self, schema: Schema) -> str:
        if "$ref" in schema:
            return str(schema["$ref"].rsplit("/", 1)[1])
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return self._named(" | ".join(map(json.dumps, schema["enum"])))
        if "anyOf" in schema or "oneOf" in schema:
            parts = schema.get("anyOf") or schema["oneOf"]
            return self._named(" | ".join(dict.fromkeys(map(self.written, parts))))
        if schema.get("type") == "array":
            item = self.written(schema["items"])
            return f"readonly ({item})[]" if " | " in item else f"readonly {item}[]"
        if schema.get("type") == "object":
            value = schema.get("additionalProperties", True)
            inner = "JsonValue" if value is True else self.written(value)
            return f"{{ readonly [key: string]: {inner} }}"
        return PRIMITIVES[schema["type"]]

    def _named(self, union: str) -> str:
        return self.names.get(union, union)


def messages() -> str:
    definitions: Schema = {}
    unions = {}
    for name, adapter in (("ClientMessage", CLIENT_MESSAGES), ("ServerMessage", SERVER_MESSAGES)):
        unions[name] = adapter.json_schema()
        definitions |= unions[name].pop("$defs")
    definitions.pop("JsonValue")  # any JSON: a schema cannot say that it nests
    types = Types(definitions)
    operation: TypeAdapter[Any] = TypeAdapter(OperationJson)
    aliases = [
        types.alias("Role", TypeAdapter(Role).json_schema()),
        types.alias("OperationJson", operation.json_schema()),
    ]
    aliases += [types.alias(name, schema) for name, schema in unions.items()]
    written = [types.definition(name) for name in sorted(definitions)]
    return (
        HEADER.format(law="Every message of docs/spec.md, part 3, as types.")
        + '\nimport type { JsonValue } from "../ot/operation.ts";\n\n'
        + "\n".join((*aliases, *written))
    )


def _wrapped(head: str, parts: list[str]) -> str:
    line = f"{head} {' | '.join(parts)};\n"
    if len(line) <= LINE_MAX + 1:
        return line
    return head + "".join(f"\n  | {part}" for part in parts) + ";\n"


# --- values --------------------------------------------------------------------------------------


def tables() -> str:
    parts = [
        HEADER.format(law="What both sides of the wire must agree on, as values."),
        'import type { Fault, Retry, Role } from "./messages.ts";\n',
        f"export const PROTOCOL_VERSION = {PROTOCOL_VERSION};\n",
        "".join(f"export const {name} = {_limit(name)};\n" for name in LIMITS),
        "type Entry = readonly [Fault, Retry, string];\n",
        "/** Error codes: whose fault, what trying again takes, and the meaning. */",
        "export const CODES = {",
        *(_entry(code, (e.fault.value, e.retry.value, e.meaning)) for code, e in CODES.items()),
        "} as const satisfies { readonly [code: string]: Entry };\n",
        "/** Why a socket was closed: the name, and what trying again takes. */",
        "export const CLOSE_CODES: { readonly [code: number]: readonly [string, Retry] } = {",
        *(_entry(str(code), (e.name, e.retry.value)) for code, e in CLOSE_CODES.items()),
        "};\n",
        "/** What each role may do where nothing else is granted, as `write widget`. */",
        "export const ROLE_CELLS: { readonly [role in Role]: readonly string[] } = {",
        *(_entry(role, tuple(sorted(map(" ".join, ROLE_CELLS[role])))) for role in get_args(Role)),
        "};\n",
        "/** The fields that are always in what a server sends, and of what kind each is. */",
        "export type Shape = { readonly [field: string]: string };",
        "export const SHAPES: { readonly [name: string]: Shape } = {",
        *_shapes(),
        "};\n",
    ]
    return "\n".join(parts)


def _limit(name: str) -> str:
    value = getattr(limits, name)
    if isinstance(value, frozenset):
        return f"{json.dumps(sorted(value))} as readonly string[]"
    return f"{value:_}" if isinstance(value, int) else f"{value:g}"


def _entry(key: str, values: tuple[str, ...]) -> str:
    line = f"  {key}: [{', '.join(json.dumps(value) for value in values)}],"
    if len(line) <= LINE_MAX:
        return line
    inner = "\n".join(f"    {json.dumps(value)}," for value in values)
    return f"  {key}: [\n{inner}\n  ],"


def _shapes() -> Iterator[str]:
    schema = SERVER_MESSAGES.json_schema()
    for tag, reference in schema["discriminator"]["mapping"].items():
        yield _shape(tag, schema["$defs"][reference.rsplit("/", 1)[1]])
    yield _shape("Submission", schema["$defs"]["Submission"])


def _shape(name: str, schema: Schema) -> str:
    fields = [
        f"{field}: {json.dumps(_kind(schema['properties'][field]))}" for field in schema["required"]
    ]
    line = f"  {name}: {{ {', '.join(fields)} }},"
    if len(line) <= LINE_MAX:
        return line
    return f"  {name}: {{\n" + "".join(f"    {field},\n" for field in fields) + "  },"


def _kind(shape: Schema) -> str:
    if "$ref" in shape:
        return "string"  # an enumeration
    if "anyOf" in shape:
        return "object"  # an operation
    if shape["type"] == "array":
        item = shape["items"].get("$ref", "").rsplit("/", 1)[-1]
        named = {"Submission": "Submission[]", "Present": "object[]"}
        return named.get(item) or _kind(shape["items"]) + "[]"
    return "object" if shape["type"] == "object" else PRIMITIVES[shape["type"]]


def main() -> None:
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
