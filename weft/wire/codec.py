"""Law 7, bad input is answered: from bytes to a message that is safe to pass on, or to an error
that names its code and, wherever it can be found, the submission it belongs to.
"""

import json
from typing import Any, Final, NoReturn
from uuid import UUID

import orjson
from pydantic import ValidationError

from weft.errors import WeftError
from weft.limits import FRAME_MAX_BYTES, INTEGER_MAX, JSON_MAX_DEPTH, PRESENCE_MAX_BYTES
from weft.models.record import Record
from weft.ot.codec import operation_from_json
from weft.wire.content import check_content, printable
from weft.wire.messages import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    ClientMessage,
    ServerMessage,
    SetPresence,
    Submit,
    WireModel,
)
from weft.wire.outline import about, outline

ENVELOPE_DEPTH: Final = 3  # message, list of operations, operation: around a value of any depth
FRAME_MAX_DEPTH: Final = JSON_MAX_DEPTH + ENVELOPE_DEPTH


class FrameError(WeftError):
    """A refused frame. `about` holds `dashboardId` and `sequence` where they could be found."""

    def __init__(self, code: str, message: str = "", **details: Any) -> None:
        told = {name: detail for name, detail in details.items() if detail not in ({}, [])}
        super().__init__(code, message, **told)

    @property
    def about(self) -> dict[str, Any]:
        found: dict[str, Any] = self.details.get("about", {})
        return found


def encode(value: Any) -> bytes:
    """Compact JSON; UUIDs, enumerations and messages of the wire included."""
    return orjson.dumps(value, default=_message_json)


def decode_client_frame(data: str | bytes) -> ClientMessage:
    """A message whose content, fields and operations are checked. Raises FrameError."""
    if len(data) > FRAME_MAX_BYTES:
        raise FrameError("too_large", f"A frame has more than {FRAME_MAX_BYTES} bytes.")
    frame = decode_object(data)
    try:
        message = CLIENT_MESSAGES.validate_python(frame, by_alias=True, by_name=False)
    except ValidationError as error:
        _refuse_fields(error, frame)
    if type(message) is Submit:
        _check_operations(message, frame)
    elif type(message) is SetPresence and len(data) > PRESENCE_MAX_BYTES:
        why = f"A presence has more than {PRESENCE_MAX_BYTES} bytes."
        raise FrameError("too_large", why, about=about(frame))
    return message


def decode_server_frame(data: str | bytes) -> ServerMessage:
    """A message from a trusted server. Raises FrameError."""
    try:
        frame = orjson.loads(data)
        return SERVER_MESSAGES.validate_python(frame, by_alias=True, by_name=False)
    except orjson.JSONDecodeError as error:
        raise FrameError("malformed", f"Not JSON: {printable(error)}.") from None
    except ValidationError as error:
        _refuse_fields(error, frame)


def _message_json(message: Any) -> dict[str, Any] | str:
    if isinstance(message, UUID):  # of a kind of its own, as database drivers have them
        return str(message)
    if isinstance(message, Record):
        return message.to_wire()
    if not isinstance(message, WireModel):
        raise TypeError(f"{type(message).__name__} has no JSON form")
    fields = type(message).model_fields
    values = {fields[name].alias or name: value for name, value in message.__dict__.items()}
    return {key: value for key, value in values.items() if value is not None} | (
        message.model_extra or {}
    )


def decode_object(data: str | bytes) -> dict[str, Any]:
    """A JSON object that can be stored, nested at most FRAME_MAX_DEPTH. Raises FrameError."""
    try:
        frame = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        frame = _parse_refused(data)
        _check(frame)  # names what it can; what is left over is plainly not JSON
        raise FrameError(
            "malformed", f"Not JSON: {printable(error)}.", about=about(frame)
        ) from None
    if not _check(frame):
        _check(_parse_refused(data))  # was it an integer of more than 64 bits?
    return frame  # type: ignore[no-any-return]


def _check(frame: Any) -> bool:
    if type(frame) is not dict:
        raise FrameError("malformed", "The frame is not a JSON object.")
    try:
        return check_content(frame, FRAME_MAX_DEPTH)
    except WeftError as error:
        raise FrameError(error.code, error.message, about=about(frame), **error.details) from None


def _parse_refused(data: str | bytes) -> Any:
    """Parse again, exactly and with leniency: for finding out what is wrong, and about what."""
    try:
        text = data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError:
        raise FrameError("malformed", "The frame is not UTF-8.") from None
    depth, found = outline(text)
    try:
        if depth > FRAME_MAX_DEPTH:
            raise RecursionError
        return json.loads(text, strict=False, parse_int=_bounded_integer)
    except RecursionError:
        raise FrameError(
            "too_deep", f"JSON is nested beyond {FRAME_MAX_DEPTH}.", about=found
        ) from None
    except ValueError as error:
        raise FrameError("malformed", f"Not JSON: {printable(error)}.", about=found) from None


def _bounded_integer(digits: str) -> int:
    return int(digits) if len(digits) < 20 else INTEGER_MAX + 1


def _refuse_fields(error: ValidationError, frame: Any) -> NoReturn:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = [printable(part) for part in first["loc"][1:]]  # the first part names the type
    code = "too_large" if first["type"] in ("too_long", "string_too_long") else "invalid_message"
    reason = first["msg"].removeprefix("Value error, ")
    message = printable(f"{'.'.join(where) or 'message'}: {reason}")
    found = about(frame) if type(frame) is dict else {}
    raise FrameError(code, message, about=found, where=where) from None


def _check_operations(message: Submit, frame: dict[str, Any]) -> None:
    for index, operation in enumerate(message.operations):
        try:
            operation_from_json(operation)
        except WeftError as error:
            raise FrameError(
                error.code, error.message, about=about(frame), operation=index, **error.details
            ) from None
