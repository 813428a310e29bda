"""What one user may do on one dashboard, compiled once per change of grants.

An owner asks for every operation, so the answer must be one look into a dictionary: all that
depends on role, list and state of the dashboard alone is worked out here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple, Self

from weft.models.address import Address, Network, plain_address
from weft.models.permission import OWNER_ONLY, READING, ROLE_CELLS, Cell, Permission, Role

Source = Literal["role", "grant", "public"]  # why something is allowed
Unmet = Literal["widget_type", "time", "address"]  # which condition fails

_NEARNESS: Final[dict[Unmet, int]] = {"widget_type": 0, "time": 1, "address": 2}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Clause(NamedTuple):
    """The conditions of one grant; None asks nothing."""

    widget_types: frozenset[str] | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    networks: tuple[Network, ...] | None = None

    def unmet(self, widget_type: str | None, at_ms: int, address: Address | None) -> Unmet | None:
        """The first condition that fails. What is not known (None) meets no condition."""
        if self.widget_types is not None and widget_type not in self.widget_types:
            return "widget_type"
        if self.start_ms is not None and at_ms < self.start_ms:
            return "time"
        if self.end_ms is not None and at_ms >= self.end_ms:
            return "time"
        if self.networks is not None and not _within(address, self.networks):
            return "address"
        return None


@dataclass(frozen=True, slots=True)
class Subject:
    """One user on one dashboard. `role` is what the user is told: a public visitor is a viewer."""

    role: Role | None
    open: dict[Cell, Source]  # allowed whatever the circumstances
    guarded: dict[Cell, tuple[Clause, ...]]  # allowed while one of the clauses holds
    is_archived: bool
    reads_freely: bool  # no cell of reading is guarded, as for nearly everyone
    instants_ms: tuple[int, ...]  # rising: when a time range of a guarded cell begins or ends

    @classmethod
    def compile(
        cls,
        role: Role | None,
        permissions: Iterable[Permission] = (),
        *,
        is_active: bool = True,
        is_public: bool = False,
        is_archived: bool = False,
    ) -> Self:
        """From a role (None: a stranger) and the list of a collaborator.

        `is_active` false makes a collaborator a stranger, list and all; an invitation that has
        not been accepted counts so too. An owner is never inactive and no list limits an owner.
        """
        if role is not None and role != "owner" and not is_active:
            role = None
        listed = _clauses(permissions) if role is not None and role != "owner" else {}
        cells = ROLE_CELLS[role] if role is not None else frozenset()
        open_cells: dict[Cell, Source] = {cell: "role" for cell in cells if cell not in listed}
        open_cells |= {cell: "grant" for cell, clauses in listed.items() if Clause() in clauses}
        if is_public:  # whoever is named here never has less than a stranger
            open_cells = {**dict.fromkeys(READING, "public"), **open_cells}
        guarded = {cell: clauses for cell, clauses in listed.items() if cell not in open_cells}
        return cls(
            role=role or ("viewer" if is_public else None),
            open=open_cells,
            guarded=guarded,
            is_archived=is_archived,
            reads_freely=not any(action == "read" for action, _ in guarded),
            instants_ms=_instants(guarded),
        )

    @property
    def cells(self) -> frozenset[Cell]:
        """All that may be allowed at some time, from somewhere."""
        return frozenset(self.open) | frozenset(self.guarded)

    def next_change_ms(self, after_ms: int) -> int | None:
        """When time alone may next change an answer: an open socket is looked at again then."""
        return next((instant for instant in self.instants_ms if instant > after_ms), None)


def _clauses(permissions: Iterable[Permission]) -> dict[Cell, tuple[Clause, ...]]:
    found: dict[Cell, tuple[Clause, ...]] = {}
    for permission in permissions:
        if permission.cell not in OWNER_ONLY:
            found[permission.cell] = (*found.get(permission.cell, ()), _clause(permission))
    return found


def _clause(permission: Permission) -> Clause:
    conditions = permission.conditions
    if conditions is None:
        return Clause()
    types, during = conditions.widget_types, conditions.time_range
    return Clause(
        widget_types=None if types is None else frozenset(types),
        start_ms=None if during is None else _ceiling_ms(during.start),
        end_ms=None if during is None else _ceiling_ms(during.end),
        networks=conditions.ip_whitelist,
    )


def _ceiling_ms(instant: datetime) -> int:
    """The first whole millisecond that is not before the instant."""
    return -((_EPOCH - instant) // timedelta(milliseconds=1))


def _instants(guarded: dict[Cell, tuple[Clause, ...]]) -> tuple[int, ...]:
    edges = {
        edge
        for clauses in guarded.values()
        for clause in clauses
        for edge in (clause.start_ms, clause.end_ms)
        if edge is not None
    }
    return tuple(sorted(edges))


def _within(address: Address | None, networks: tuple[Network, ...]) -> bool:
    if address is None:
        return False
    plain = plain_address(address)
    return any(plain in network for network in networks)


def nearest(unmet: Iterable[Unmet]) -> Unmet:
    """Of several grants that do not apply, what the one that came nearest lacked."""
    return max(unmet, key=_NEARNESS.__getitem__)
