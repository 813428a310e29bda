"""Who holds what and who is where, in memory: the twin of redis_directory."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import UUID

from storage.ports import OwnerAddress, Whereabouts
from weft.errors import WeftError


@dataclass(slots=True)
class ConnectionEntry:
    user_id: UUID
    session_id: UUID
    server_id: str
    since_ms: int = 0
    rooms: set[UUID] = field(default_factory=set)


class MemoryDirectory:
    """The port `Directory`. `clock` gives seconds and stands still unless one is given;
    `unavailable` makes every call fail.
    """

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.unavailable = False
        self.connections: dict[str, ConnectionEntry] = {}
        self._clock = clock
        self._owners: dict[str, tuple[OwnerAddress, float]] = {}  # and when the heartbeat ends
        self._locks: dict[UUID, OwnerAddress] = {}
        self._reports: dict[str, tuple[bytes, float]] = {}
        self._gateways: dict[str, float] = {}  # server id to when the heartbeat ends

    async def announce_owner(self, address: OwnerAddress, ttl_seconds: float) -> None:
        self._answer()
        self._owners[address.owner_id] = (address, self._clock() + ttl_seconds)

    async def withdraw_owner(self, address: OwnerAddress) -> None:
        self._answer()
        live = self._live(address.owner_id)
        if live is not None and live.incarnation == address.incarnation:
            del self._owners[address.owner_id]

    async def owners(self) -> tuple[OwnerAddress, ...]:
        self._answer()
        live = [self._live(owner_id) for owner_id in sorted(self._owners)]
        return tuple(address for address in live if address is not None)

    async def claim(self, dashboard_id: UUID, address: OwnerAddress) -> OwnerAddress:
        holder = await self.holder(dashboard_id)
        if holder is not None and holder.incarnation != address.incarnation:
            return holder
        self._locks[dashboard_id] = address
        return address

    async def holder(self, dashboard_id: UUID) -> OwnerAddress | None:
        self._answer()
        lock = self._locks.get(dashboard_id)
        live = self._live(lock.owner_id) if lock else None
        return live if live and lock and live.incarnation == lock.incarnation else None

    async def release(self, dashboard_id: UUID, address: OwnerAddress) -> None:
        self._answer()
        lock = self._locks.get(dashboard_id)
        if lock and (lock.owner_id, lock.incarnation) == (address.owner_id, address.incarnation):
            del self._locks[dashboard_id]

    async def announce_gateway(self, server_id: str, ttl_seconds: float) -> bool:
        self._answer()
        known = server_id in await self.gateways()
        self._gateways[server_id] = self._clock() + ttl_seconds
        return known

    async def withdraw_gateway(self, server_id: str) -> None:
        self._answer()
        if server_id in self._gateways:
            self._gateways[server_id] = float("-inf")

    async def gateways(self) -> frozenset[str]:
        self._answer()
        return frozenset(id_ for id_, until in self._gateways.items() if self._clock() < until)

    async def gone_gateways(self) -> frozenset[str]:
        return frozenset(self._gateways) - await self.gateways()

    async def forget_gateway(self, server_id: str) -> None:
        if server_id not in await self.gateways():
            self._gateways.pop(server_id, None)

    async def sweep_connections(self, server_id: str) -> None:
        if server_id not in await self.gateways():
            await self.prune_connections(server_id, ())

    async def prune_connections(self, server_id: str, keep: Collection[str]) -> None:
        self._answer()
        for id_, entry in list(self.connections.items()):
            if entry.server_id == server_id and id_ not in keep:
                del self.connections[id_]

    async def report(self, name: str, report: bytes, ttl_seconds: float) -> None:
        self._answer()
        self._reports[name] = (report, self._clock() + ttl_seconds)

    async def reports(self) -> dict[str, bytes]:
        self._answer()
        now = self._clock()
        return {name: told for name, (told, until) in self._reports.items() if now < until}

    async def hand_over(
        self, dashboard_id: UUID, address: OwnerAddress, heir: OwnerAddress
    ) -> bool:
        holder = await self.holder(dashboard_id)
        if holder is not None and holder.incarnation != address.incarnation:
            return False
        self._locks[dashboard_id] = heir
        return True

    async def connected(
        self, connection_id: str, user_id: UUID, session_id: UUID, server_id: str
    ) -> None:
        self._answer()
        self.connections[connection_id] = ConnectionEntry(
            user_id, session_id, server_id, round(self._clock() * 1000)
        )
        self._gateways.setdefault(server_id, float("-inf"))

    async def entered(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None:
        self._answer()
        self._rooms(connection_id, user_id).add(dashboard_id)

    async def departed(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None:
        self._answer()
        self._rooms(connection_id, user_id).discard(dashboard_id)

    async def disconnected(self, connection_id: str, user_id: UUID) -> None:
        self._answer()
        entry = self.connections.get(connection_id)
        if entry is not None and entry.user_id == user_id:
            del self.connections[connection_id]

    async def connections_of(self, user_id: UUID) -> set[str]:
        self._answer()
        return {id_ for id_, entry in self.connections.items() if entry.user_id == user_id}

    async def whereabouts(self, user_id: UUID) -> tuple[Whereabouts, ...]:
        self._answer()
        found = [
            Whereabouts(id_, one.session_id, one.server_id, frozenset(one.rooms), one.since_ms)
            for id_, one in self.connections.items()
            if one.user_id == user_id
        ]
        return tuple(sorted(found, key=lambda one: (one.since_ms, one.connection_id)))

    async def room_connections(self, dashboard_id: UUID) -> set[str]:
        self._answer()
        return {id_ for id_, entry in self.connections.items() if dashboard_id in entry.rooms}

    async def room_participants(self, dashboard_id: UUID) -> set[UUID]:
        self._answer()
        return {one.user_id for one in self.connections.values() if dashboard_id in one.rooms}

    def _rooms(self, connection_id: str, user_id: UUID) -> set[UUID]:
        """Of a connection that is not known (any more) nothing is remembered."""
        entry = self.connections.get(connection_id)
        return entry.rooms if entry is not None and entry.user_id == user_id else set()

    def _live(self, owner_id: str) -> OwnerAddress | None:
        address, until = self._owners.get(owner_id, (None, 0.0))
        return address if self._clock() < until else None

    def _answer(self) -> None:
        if self.unavailable:
            raise WeftError("storage_unavailable", "Redis does not answer now.")
