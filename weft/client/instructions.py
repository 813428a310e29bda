"""Orders that leave the hearts of a client, in the imperative; to be carried out in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from weft.client.notices import Notice
from weft.client.rights import Rights
from weft.errors import WeftError
from weft.ot.operation import Operations
from weft.wire.messages import Feed, Join, Leave, Live, SetPresence, Submit

Origin: TypeAlias = Literal["local", "remote", "rejected", "snapshot"]


# --- of one replica ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    message: Join | Leave | Submit | Feed | SetPresence


@dataclass(frozen=True, slots=True)
class Wait:
    """Answer with `Waited` after so long. A newer Wait replaces it; a lost connection ends it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Show:
    """The view has changed by `operations`; `snapshot`: it is another one altogether."""

    origin: Origin
    operations: Operations = ()
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    notice: Notice


@dataclass(frozen=True, slots=True)
class Permit:
    """What the user may do from now on."""

    rights: Rights


@dataclass(frozen=True, slots=True)
class ShowPresence:
    """Others have come, gone or moved."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Catching up with much that was missed: `done` of `total` parts of a snapshot, or versions."""

    of: Literal["parts", "versions"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ShowLive:
    """Live values have come, by widget. `anew`: these are all there are."""

    values: Mapping[str, Live]
    anew: bool = False


@dataclass(frozen=True, slots=True)
class FeedRefused:
    """A value that was fed was not taken."""

    widget_id: str
    error: WeftError


@dataclass(frozen=True, slots=True)
class Report:
    """Log a fault, of this client or of the server; the replica does what can be done."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Finish:
    """The dashboard is over for this replica; `error` None: it was left."""

    error: WeftError | None


@dataclass(frozen=True, slots=True)
class Reauthenticate:
    """Open a new connection with a new token."""


ReplicaInstruction: TypeAlias = (
    Send
    | Wait
    | Show
    | Notify
    | Permit
    | ShowPresence
    | Progress
    | Report
    | Finish
    | Reauthenticate
)


# --- of the connection ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Connect after so long, with a new token if the old one is of no use."""

    after_seconds: float
    renew_token: bool = False


@dataclass(frozen=True, slots=True)
class SendFrame:
    frame: str


@dataclass(frozen=True, slots=True)
class CloseSocket:
    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RenewToken:
    """Get a fresh token, and answer with `TokenRenewed`: this socket's ends soon."""


@dataclass(frozen=True, slots=True)
class Announce:
    """The host product has something for the user to read."""

    text: str


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Answer with `ReplicaWaited` after so long; a newer one of this dashboard replaces it."""

    dashboard_id: UUID
    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand this to whoever uses the dashboard."""

    dashboard_id: UUID
    instruction: (
        Show | Notify | Permit | ShowPresence | Progress | ShowLive | FeedRefused | Report | Finish
    )


@dataclass(frozen=True, slots=True)
class Fail:
    """No connection will come: trying again cannot help."""

    error: WeftError


ConnectionInstruction: TypeAlias = (
    OpenSocket | SendFrame | CloseSocket | RenewToken | Announce | WaitFor | Tell | Fail
)
