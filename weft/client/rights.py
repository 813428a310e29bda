"""What a user has been told that they may do. The server decides: this spares edits a refusal."""

from typing import Final, NamedTuple

from weft.models.permission import ROLE_CELLS, Role

_EDITING: Final = frozenset({"write dashboard", "write widget", "write settings", "delete widget"})


class Rights(NamedTuple):
    """`role` None: nothing has been told yet."""

    role: Role | None = None
    permissions: tuple[str, ...] = ()

    @classmethod
    def told(cls, role: Role, permissions: list[str] | None) -> "Rights":
        """`permissions` None: the server does not say, and they are the role's."""
        if permissions is None:
            cells = sorted(ROLE_CELLS[role])
            return cls(role, tuple(f"{action} {kind}" for action, kind in cells))
        return cls(role, tuple(permissions))

    @property
    def forbid_editing(self) -> bool:
        return self.role is not None and _EDITING.isdisjoint(self.permissions)
