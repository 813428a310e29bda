"""Who may be given what: roles, actions on resources, and the conditions a grant can carry.

The role gives the base set of cells (action on resource). A collaborator's permission list then
rules the cells it names, and those only; see docs/permissions.md for the reasons and the cases.
"""

from typing import Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from weft.limits import NETWORKS_MAX_PER_PERMISSION, WIDGET_TYPES_MAX_PER_PERMISSION
from weft.models.address import IpNetwork
from weft.models.field import Instant, WidgetType
from weft.models.record import Record

Role = Literal["owner", "admin", "editor", "viewer"]
CollaboratorRole = Literal["viewer", "editor", "admin"]
Action = Literal["read", "write", "delete", "share", "admin"]
ResourceKind = Literal["dashboard", "widget", "settings", "collaborators"]
Cell: TypeAlias = tuple[Action, ResourceKind]

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
RESOURCES: Final[tuple[ResourceKind, ...]] = get_args(ResourceKind)
ALL_CELLS: Final = frozenset((action, resource) for action in ACTIONS for resource in RESOURCES)

# Ending a dashboard, or handing it to another owner, is its owner's: no list gives it.
OWNER_ONLY: Final[frozenset[Cell]] = frozenset({("delete", "dashboard")})

# What a dashboard holds, for the eye. It is read whole or not at all: one frame goes to everyone.
READING: Final[frozenset[Cell]] = frozenset(
    {("read", "dashboard"), ("read", "widget"), ("read", "settings")}
)
_VIEWER: Final[frozenset[Cell]] = READING | {("read", "collaborators")}
_EDITOR: Final[frozenset[Cell]] = _VIEWER | {
    ("write", "dashboard"),
    ("write", "widget"),
    ("write", "settings"),
    ("delete", "widget"),
}
ROLE_CELLS: Final[dict[Role, frozenset[Cell]]] = {
    "viewer": _VIEWER,
    "editor": _EDITOR,
    "admin": ALL_CELLS - OWNER_ONLY,
    "owner": ALL_CELLS,
}


class TimeRange(Record):
    """From `start`, inclusive, to `end`, exclusive."""

    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            raise PydanticCustomError("time_range_order", "start should be before end")
        return self


class PermissionConditions(Record):
    """All that are given must hold. An absent one asks nothing; an empty list would be a riddle."""

    widget_types: (
        Annotated[
            tuple[WidgetType, ...],
            Field(min_length=1, max_length=WIDGET_TYPES_MAX_PER_PERMISSION),
        ]
        | None
    ) = None
    time_range: TimeRange | None = None
    ip_whitelist: (
        Annotated[
            tuple[IpNetwork, ...], Field(min_length=1, max_length=NETWORKS_MAX_PER_PERMISSION)
        ]
        | None
    ) = None


class Permission(Record):
    """One grant: the action on the resource, while the conditions hold."""

    action: Action
    resource: ResourceKind
    conditions: PermissionConditions | None = None

    @property
    def cell(self) -> Cell:
        return (self.action, self.resource)

    @model_validator(mode="after")
    def _enforceable(self) -> Self:
        """A grant that could not be kept, or would never apply, is refused when it is made."""
        if self.cell in OWNER_ONLY:
            raise PydanticCustomError("owner_only", "Only the owner may delete a dashboard")
        if self.conditions is not None and self.conditions.widget_types is not None:
            if self.resource != "widget":
                raise PydanticCustomError(
                    "widget_types_on_widgets_only", "widgetTypes needs the resource widget"
                )
            if self.action == "read":
                raise PydanticCustomError(
                    "read_is_whole", "Reading cannot be limited to some widget types"
                )
        return self
