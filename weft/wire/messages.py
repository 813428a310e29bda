"""The wire as types: every message of docs/spec.md part 3, strict, camelCase, nothing unknown.

The operations inside a message are described here for schema generation, and validated by
`weft.ot.operation_from_json`, which alone knows their laws.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    TypeAdapter,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from weft.errors import Fault, Retry
from weft.limits import (
    INTEGER_MAX,
    OPERATIONS_MAX_PER_SUBMISSION,
    SELECTION_RANGES_MAX,
    TOKEN_MAX_CHARACTERS,
)
from weft.models.presence import CursorPosition, Present, SelectionRange, Viewport
from weft.wire.operations import DocumentJson, OperationJson

PROTOCOL_VERSION: Final = 1


def _canonical_uuid_text(value: object) -> object:
    """Ids are compared as text by clients, so only one spelling is let in."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) == 36 and value == value.lower():
        return value
    raise ValueError("a UUID in lower-case text is expected")


WireUuid = Annotated[UUID, Strict(False), BeforeValidator(_canonical_uuid_text)]
Version = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Sequence = Annotated[int, Field(ge=1, le=INTEGER_MAX)]
Milliseconds = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Role = Literal["owner", "admin", "editor", "viewer"]


@dataclass(frozen=True)
class DescribedAs:
    """An object that is `shape` in the schema, and left to another room to validate."""

    shape: Any

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(dict)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(TypeAdapter(self.shape).core_schema)


OperationObject = Annotated[dict[str, Any], DescribedAs(OperationJson)]
DocumentObject = Annotated[dict[str, Any], DescribedAs(DocumentJson)]


class WireModel(BaseModel):
    """Built by field name in Python, read and written by camelCase name on the wire."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


# --- client to server --------------------------------------------------------------------------


class Hello(WireModel):
    type: Literal["hello"] = "hello"
    protocol: Annotated[list[int], Field(min_length=1, max_length=20)]
    token: Annotated[str, Field(min_length=1, max_length=TOKEN_MAX_CHARACTERS)]
    client: Annotated[str, Field(max_length=200)] | None = None


class Join(WireModel):
    type: Literal["join"] = "join"
    dashboard_id: WireUuid
    replica_id: WireUuid
    version: Version | None = None
    wants_tail: bool = False


class Leave(WireModel):
    type: Literal["leave"] = "leave"
    dashboard_id: WireUuid


class Submit(WireModel):
    type: Literal["submit"] = "submit"
    dashboard_id: WireUuid
    sequence: Sequence
    base_version: Version
    seen_version: Version | None = None
    operations: Annotated[
        list[OperationObject], Field(min_length=1, max_length=OPERATIONS_MAX_PER_SUBMISSION)
    ]


class Authenticate(WireModel):
    """A fresh token of the same user, before the one that the socket has ends."""

    type: Literal["authenticate"] = "authenticate"
    token: Annotated[str, Field(min_length=1, max_length=TOKEN_MAX_CHARACTERS)]


class SetPresence(WireModel):
    """All of where this connection is now; it replaces what was said before. See `Present`."""

    type: Literal["presence"] = "presence"
    dashboard_id: WireUuid
    version: Version | None = None
    cursor: CursorPosition | None = None
    selection: Annotated[list[SelectionRange], Field(max_length=SELECTION_RANGES_MAX)] | None = None
    viewport: Viewport | None = None
    is_active: bool = True


class Feed(WireModel):
    """The newest data of a widget, beside its document. Only a refusal is answered."""

    type: Literal["feed"] = "feed"
    dashboard_id: WireUuid
    widget_id: WireUuid
    value: dict[str, Any]


class Ping(WireModel):
    type: Literal["ping"] = "ping"
    nonce: Annotated[str, Field(max_length=100)] | int | None = None


# --- server to client --------------------------------------------------------------------------


class Submission(WireModel):
    """A committed submission, its operations as transformed; `at` in ms since epoch."""

    version: Sequence
    replica_id: WireUuid
    sequence: Sequence
    user_id: WireUuid
    base_version: Version
    operations: list[OperationObject]
    at: Milliseconds


class Snapshot(WireModel):
    version: Version
    state: DocumentObject


class Live(WireModel):
    """What a feed has given a widget last; without `value`, it has none any more."""

    at: Milliseconds
    value: dict[str, Any] | None = None


class Welcome(WireModel):
    type: Literal["welcome"] = "welcome"
    protocol: int
    connection_id: str
    user_id: WireUuid
    server_time: Milliseconds
    limits: dict[str, int | float]


class Reauthenticate(WireModel):
    """The token ends at `deadline`, ms since epoch; then the socket is closed."""

    type: Literal["reauthenticate"] = "reauthenticate"
    deadline: Milliseconds


class Authenticated(WireModel):
    """The fresh token counts; it ends at `deadline`, ms since epoch."""

    type: Literal["authenticated"] = "authenticated"
    deadline: Milliseconds


class UserNotice(WireModel):
    """Something that the host product wants this user to read, now."""

    type: Literal["notice"] = "notice"
    text: str


class Tail(WireModel):
    type: Literal["tail"] = "tail"
    dashboard_id: WireUuid
    submissions: list[Submission]
    head_version: Version


class SnapshotPart(WireModel):
    """One of `parts` of a large snapshot: their texts together are the JSON of its state."""

    type: Literal["snapshot"] = "snapshot"
    dashboard_id: WireUuid
    version: Version
    part: Sequence
    parts: Sequence
    text: str


class Joined(WireModel):
    type: Literal["joined"] = "joined"
    dashboard_id: WireUuid
    version: Version
    role: Role
    permissions: list[str] | None = None
    snapshot: Snapshot | None = None
    submissions: list[Submission]
    last_sequence: Version
    last_version: Version
    roster: list[Present] | None = None
    live: dict[str, Live] | None = None


class Roster(WireModel):
    """Everybody who is present; it replaces what was told before."""

    type: Literal["roster"] = "roster"
    dashboard_id: WireUuid
    roster: list[Present]


class PresenceChanged(WireModel):
    """Who has come or moved, and the connections that have gone."""

    type: Literal["presence"] = "presence"
    dashboard_id: WireUuid
    changed: list[Present]
    left: list[str]


class Permission(WireModel):
    """What this user may do from now on: cells as `write widget`."""

    type: Literal["permission"] = "permission"
    dashboard_id: WireUuid
    role: Role
    permissions: list[str]


class Committed(WireModel):
    type: Literal["committed"] = "committed"
    dashboard_id: WireUuid
    submissions: list[Submission]


class Data(WireModel):
    """Live values by widget, the latest of each; some may have been skipped."""

    type: Literal["data"] = "data"
    dashboard_id: WireUuid
    values: dict[str, Live]


class Acknowledged(WireModel):
    type: Literal["acknowledged"] = "acknowledged"
    dashboard_id: WireUuid
    sequence: Sequence
    version: Sequence


class ErrorFields(WireModel):
    """What every answer with an error carries; details by code come as further fields."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    code: str
    message: str
    fault: Annotated[Fault, Strict(False)]
    retry: Annotated[Retry, Strict(False)]
    retry_after_ms: Milliseconds | None = None


class Rejected(ErrorFields):
    type: Literal["rejected"] = "rejected"
    dashboard_id: WireUuid
    sequence: Sequence


class Ended(WireModel):
    """The error fields, or only `code: "left"`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    type: Literal["ended"] = "ended"
    dashboard_id: WireUuid
    code: str
    message: str = ""
    fault: Annotated[Fault, Strict(False)] | None = None
    retry: Annotated[Retry, Strict(False)] | None = None
    retry_after_ms: Milliseconds | None = None


class About(WireModel):
    dashboard_id: WireUuid | None = None
    sequence: Sequence | None = None
    widget_id: WireUuid | None = None


class ErrorMessage(ErrorFields):
    type: Literal["error"] = "error"
    about: About | None = None


class GoAway(ErrorFields):
    type: Literal["goaway"] = "goaway"


class Pong(WireModel):
    type: Literal["pong"] = "pong"
    nonce: str | int | None = None
    server_time: Milliseconds


ClientMessage: TypeAlias = Hello | Authenticate | Join | Leave | Submit | SetPresence | Feed | Ping
ServerMessage: TypeAlias = (
    Welcome
    | SnapshotPart
    | Reauthenticate
    | Authenticated
    | UserNotice
    | Tail
    | Joined
    | Roster
    | PresenceChanged
    | Permission
    | Committed
    | Data
    | Acknowledged
    | Rejected
    | Ended
    | ErrorMessage
    | GoAway
    | Pong
)

CLIENT_MESSAGES: Final[TypeAdapter[ClientMessage]] = TypeAdapter(
    Annotated[ClientMessage, Field(discriminator="type")]
)
SERVER_MESSAGES: Final[TypeAdapter[ServerMessage]] = TypeAdapter(
    Annotated[ServerMessage, Field(discriminator="type")]
)
