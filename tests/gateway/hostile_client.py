"""Arbitrary bytes, and messages that look right: made from a seed and the schema of the models."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

from weft.wire.messages import CLIENT_MESSAGES

SCHEMA = CLIENT_MESSAGES.json_schema()
MESSAGES = [
    reference.rpartition("/")[2] for reference in SCHEMA["discriminator"]["mapping"].values()
]
WORDS = ["", "a", "title", "config", "text", "settings", "0", "-1", "ops", "\u0000", "é", "x" * 300]
NUMBERS = [0, 1, 2, 3, -1, 7, 1.5, 10**6, 2**53 - 1, 2**53, 2**70, -(2**53), 1e308]
ODD = [None, True, [], {}, "", [[]], {"a": {"b": []}}, "0" * 5_000, "\ud800"]
RAW = [
    "", " ", "{", "nonsense", "[]", "null", '"hello"', "{}", '{"type": 1}', '{"type": "hello"}',
    "[" * 70_000, '{"a":' * 500, '{"type": "ping", "nonce": 1e400}', '{"type": "ping"} trailing',
]  # fmt: skip
OPERATIONS = ("insert", "delete", "format", "update", "move", "resize", "addWidget", "removeWidget")


class HostileClient:
    """Knows what is there, so that what it makes up is sometimes nearly right."""

    def __init__(self, seed: int, dashboard_ids: list[UUID], widget_id: str) -> None:
        self.random = Random(seed)
        self._ids = [*map(str, dashboard_ids), widget_id, str(UUID(int=seed)), "not an id"]
        self._replicas = [str(UUID(int=seed * 8 + number)) for number in range(3)]
        self._widget_id = widget_id
        self._newest: str | bytes = ""

    def frame(self) -> str | bytes:
        """The next one. Text is a text frame, bytes a binary one."""
        if self.random.random() > 0.05:  # or once more the one before
            self._newest = self._new_frame()
        return self._newest

    def _new_frame(self) -> str | bytes:
        roll = self.random.random()
        if roll < 0.04:
            return self.random.choice(RAW)
        if roll < 0.045:
            return self.random.randbytes(self.random.randrange(40))
        message = self._message()
        if roll < 0.3:
            self._spoil(message)
        text = json.dumps(message)
        if roll > 0.97:
            cut = self.random.randrange(len(text))
            text = text[:cut] + self.random.choice(["", "\x00", "}", "\ufffd"]) + text[cut + 1 :]
        return text

    def _message(self) -> dict[str, Any]:
        model = self.random.choice([*MESSAGES, *["Join"] * 2, *["Submit"] * 14])
        message: dict[str, Any] = self._value(SCHEMA["$defs"][model])
        known = {"dashboardId": self._ids[:2], "replicaId": self._replicas}
        for name, ids in known.items():
            if name in message and self.random.random() < 0.95:
                message[name] = self.random.choice(ids)
        if model == "Submit":
            message["operations"] = [self._operation() for _ in range(self.random.randint(1, 3))]
            message["sequence"] = self.random.randint(1, 40)
            message["baseVersion"] = self.random.randint(0, 12)
            if "seenVersion" in message:
                message["seenVersion"] = self.random.choice([None, self.random.randint(0, 12)])
        return message

    def _operation(self) -> dict[str, Any]:
        """Possible on the dashboard rather often."""
        kind = self.random.choice(OPERATIONS)
        (model,) = [name for name in SCHEMA["$defs"] if name.lower() == f"{kind}json".lower()]
        operation: dict[str, Any] = self._value(SCHEMA["$defs"][model])
        if self.random.random() < 0.8:
            operation["targetId"] = self._widget_id
            operation |= {"path": ["config", "text"]} if "path" in operation else {}
            operation |= {"position": self.random.randint(0, 5)} if "position" in operation else {}
            operation |= {"length": self.random.randint(1, 3)} if "length" in operation else {}
            operation |= {"value": "typed"} if kind in ("insert", "update") else {}
        return operation

    def _spoil(self, message: dict[str, Any]) -> None:
        name = self.random.choice(list(message))
        match self.random.randrange(4):
            case 0:
                del message[name]
            case 1:
                message[name] = self.random.choice([*ODD, *NUMBERS])
            case 2:
                message[self.random.choice(WORDS) or "more"] = self.random.choice(ODD)
            case 3:
                message["type"] = self.random.choice(["welcome", "joined", "explode", 7])

    def _value(self, schema: Mapping[str, Any]) -> Any:
        random = self.random
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return (
                random.choice(ODD[:7])
                if name == "JsonValue"
                else self._value(SCHEMA["$defs"][name])
            )
        if "anyOf" in schema:
            return self._value(random.choice(schema["anyOf"]))
        if "const" in schema or "enum" in schema:
            return random.choice(schema.get("enum", [schema.get("const")]))
        match schema.get("type"):
            case "object" if "properties" in schema:
                required = schema.get("required", ())
                return {
                    name: self._value(each)
                    for name, each in schema["properties"].items()
                    if name in (*required, "type") or random.random() < 0.5
                }
            case "object":
                return {random.choice(WORDS): random.choice(ODD[:7])}
            case "array":
                items = schema.get("items", {"type": "string"})
                return [self._value(items) for _ in range(random.randint(1, 3))]
            case "string" if schema.get("format") == "uuid":
                return random.choice(self._ids)
            case "string":
                return random.choice(WORDS)
            case "integer" | "number":
                return random.choice(NUMBERS)
            case "boolean":
                return random.random() < 0.5
        return None
