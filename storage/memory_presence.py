"""Presence in memory: the twin of redis_presence."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from storage.notices import Deaf, Listening
from storage.presence import HearPresence, Place, PresenceEntry, PresenceNews
from weft.errors import WeftError


class SharedPresence:
    """What the Redis server is to its clients. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.clock = clock
        self.entries: dict[Place, tuple[PresenceEntry, float]] = {}  # and when its time is over
        self.clients: list[MemoryPresence] = []

    def deliver(self, to: "MemoryPresence", news: PresenceNews) -> None:
        """A simulation may do this late, or not at all."""
        to.hears(news)


class MemoryPresence:
    """The port `PresenceStore`, for one gateway; alone unless it is given what is shared."""

    def __init__(self, shared: SharedPresence | None = None) -> None:
        self._shared = shared or SharedPresence()
        self._shared.clients.append(self)
        self._followed: set[UUID] = set()
        self._listeners: list[HearPresence] = []
        self._is_cut = False

    async def tell(
        self,
        write: Collection[PresenceEntry],
        remove: Collection[Place],
        news: Collection[PresenceNews],
        ttl_seconds: float,
    ) -> None:
        self._answer()
        until = self._shared.clock() + ttl_seconds
        for entry in write:
            self._shared.entries[entry.place] = (entry, until)
        for place in remove:
            self._shared.entries.pop(place, None)
        for each in news:
            for client in self._shared.clients:
                self._shared.deliver(client, each)

    async def renew(self, places: Collection[Place], ttl_seconds: float) -> set[Place]:
        self._answer()
        missing = {place for place in places if place not in self._shared.entries}
        until = self._shared.clock() + ttl_seconds
        for place in places:
            if place not in missing:
                self._shared.entries[place] = (self._shared.entries[place][0], until)
        return missing

    async def sweep(self) -> None:
        self._answer()
        now = self._shared.clock()
        kept = {place: kept for place, kept in self._shared.entries.items() if kept[1] > now}
        self._shared.entries = kept

    async def rosters(
        self, dashboard_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[PresenceEntry, ...]]:
        self._answer()
        found: dict[UUID, list[PresenceEntry]] = {each: [] for each in dashboard_ids}
        now = self._shared.clock()
        for place, (entry, until) in self._shared.entries.items():
            if place.dashboard_id in found and until > now:
                found[place.dashboard_id].append(entry)
        return {dashboard_id: tuple(entries) for dashboard_id, entries in found.items()}

    async def follow(self, dashboard_id: UUID) -> None:
        self._answer()
        self._followed.add(dashboard_id)

    async def unfollow(self, dashboard_id: UUID) -> None:
        self._followed.discard(dashboard_id)
        self._answer()

    def subscribe(self, hear: HearPresence) -> None:
        self._listeners.append(hear)
        hear(Deaf() if self._is_cut else Listening())

    # --- for tests -----------------------------------------------------------------------------

    def cut(self, is_cut: bool) -> None:
        """As when Redis goes, and when it comes back."""
        if is_cut != self._is_cut:
            self._is_cut = is_cut
            for hear in self._listeners:
                hear(Deaf() if is_cut else Listening())

    def hears(self, news: PresenceNews) -> None:
        if news.dashboard_id in self._followed and not self._is_cut:
            for hear in self._listeners:
                hear(news)

    def _answer(self) -> None:
        if self._is_cut:
            raise WeftError("storage_unavailable", "Redis does not answer now.")
