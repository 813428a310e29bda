"""Part 4 of docs/spec.md, read by a program: what each message holds, and an example of it.

Knows nothing of the code of Weft, so that what it lets through is what the page says.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

PAGE = Path(__file__).parents[2] / "docs/spec.md"
INTEGER_MAX = 2**53 - 1
ANY_FURTHER = "…"  # the row of a message that may hold further fields

_SECTION = re.compile(r"^### (Client message|Server message|Shape) `(\w+)`\n", re.MULTILINE)
_FIELD = re.compile(r"^\| `(\w+|…)`(\??) \| ([^|]+?) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Field:
    type: str
    is_optional: bool


@dataclass(frozen=True)
class Described:
    """One message, or a shape that messages hold."""

    name: str
    fields: Mapping[str, Field]
    examples: tuple[dict[str, Any], ...]


class Page:
    def __init__(self, text: str) -> None:
        part = text.partition("\n## 4. Every message\n")[2].partition("\n## ")[0]
        self.client: dict[str, Described] = {}
        self.server: dict[str, Described] = {}
        self.shapes: dict[str, Described] = {}
        homes = {"Client": self.client, "Server": self.server, "Shape": self.shapes}
        sections = _SECTION.split(part)[1:]
        for kind, name, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
            home = homes[kind.partition(" ")[0]]
            assert name not in home, f"{name} is described twice"
            fields = {
                field: Field(kind, optional == "?")
                for field, optional, kind in _FIELD.findall(body)
            }
            examples = tuple(json.loads(example) for example in _EXAMPLE.findall(body))
            home[name] = Described(name, fields, examples)

    def server_faults(self, message: Any) -> list[str]:
        """What is wrong with a message of a server, by this page; nothing: it is as described."""
        return self._message_faults(self.server, message)

    def client_faults(self, message: Any) -> list[str]:
        return self._message_faults(self.client, message)

    def _message_faults(self, home: Mapping[str, Described], message: Any) -> list[str]:
        if not isinstance(message, dict) or message.get("type") not in home:
            return [f"not a message that is described: {message!r}"[:200]]
        kind = message["type"]
        rest = {name: value for name, value in message.items() if name != "type"}
        return self._field_faults(home[kind], rest, kind)

    def _field_faults(self, described: Described, value: Any, where: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: not an object"]
        fields = described.fields
        faults = [
            f"{where}: {name} is missing"
            for name, field in fields.items()
            if not field.is_optional and name != ANY_FURTHER and name not in value
        ]
        for name, held in value.items():
            if name in fields:
                faults += self._faults(fields[name].type, held, f"{where}.{name}")
            elif ANY_FURTHER not in fields:
                faults.append(f"{where}: {name} is not described")
        return faults

    def _faults(self, kind: str, value: Any, where: str) -> list[str]:
        if found := re.fullmatch(r"list of (.+?)(?: \((.+)\))?", kind):
            return self._list_faults(found[1], found[2], value, where)
        if found := re.fullmatch(r"object of (.+)", kind):
            if not isinstance(value, dict):
                return [f"{where}: not an object"]
            return [
                fault
                for name, held in value.items()
                for fault in self._faults(found[1], held, f"{where}.{name}")
            ]
        if kind in self.shapes:
            return self._field_faults(self.shapes[kind], value, where)
        if any(not self._faults(each, value, where) for each in kind.split(" or ")[1:]):
            return []
        if plain(kind.partition(" or ")[0])(value):
            return []
        return [f"{where}: {value!r} is not {kind}"[:300]]

    def _list_faults(self, kind: str, lengths: str | None, value: Any, where: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        if lengths is not None and not within(len(value), lengths):
            return [f"{where}: {len(value)} items are not {lengths}"]
        return [
            fault
            for index, item in enumerate(value)
            for fault in self._faults(kind, item, f"{where}.{index}")
        ]


def plain(kind: str) -> Callable[[Any], bool]:
    """Whether a value is of a type that is not made of others."""
    if found := re.fullmatch(r"(integer|number)(?: (.+))?", kind):
        return lambda value: is_number(value, found[1]) and within(value, found[2])
    if found := re.fullmatch(r"string(?: of (.+) characters)?", kind):
        return lambda value: isinstance(value, str) and within(len(value), found[1])
    if found := re.fullmatch(r"one of (.+)", kind):
        return lambda value: value in found[1].split(", ")
    return {
        "UUID": is_uuid,
        "boolean": lambda value: isinstance(value, bool),
        "object": lambda value: isinstance(value, dict),
        "Operation": lambda value: isinstance(value, dict) and isinstance(value.get("type"), str),
        "Document": lambda value: isinstance(value, dict) and "widgets" in value,
        "any": lambda _: True,
    }[kind]


def is_number(value: Any, kind: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return kind == "number" or (isinstance(value, int) and abs(value) <= INTEGER_MAX)


def is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def within(value: float, bounds: str | None) -> bool:
    """`≥ 0`, `1..20`, `at most 200`, or no bounds at all."""
    if bounds is None:
        return True
    least, between, most = bounds.replace(",", "").partition("..")
    if between:
        return float(least) <= value <= float(most)
    bound = float(least.rpartition(" ")[2])
    return value >= bound if bounds.startswith("≥") else value <= bound
