"""One subscription's way to its owner: look it up, open the link, follow it when it has moved.

Until the owner has said something for the client, the way may be tried again within a bound. An
owner that hands the dashboard over says so, and the client does not notice (gateway/passage.py).
Any other end is an end, and the client joins again: one mechanism for every cut.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson

from gateway.link_loop import UNREACHABLE, Member, OwnerLink, OwnerLinks
from gateway.owner_lookup import KnownOwners
from gateway.passage import Passage
from gateway.session_events import (
    Event,
    SubscriptionAnswered,
    SubscriptionEnded,
    SubscriptionJoined,
    SubscriptionLost,
)
from storage.ports import Directory, OwnerAddress
from weft import limits
from weft.errors import WeftError
from weft.wire.link import Attach, Feed, Submitted, Taken

log = logging.getLogger("weft.gateway.attachment")


class Subscriber(Member, Protocol):
    """The client connection that an attachment works for."""

    @property
    def waiting_bytes(self) -> int: ...

    def handle(self, event: Event) -> None: ...

    async def has_read(self) -> None:
        """Return when the client has read all that was sent to it so far, or is gone."""


class OwnerFinder:
    """Who owns a dashboard: its holder, else the rendezvous winner, else what was known last."""

    def __init__(self, directory: Directory, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds."""
        self._directory = directory
        self._known = KnownOwners()
        self._clock = clock
        self._learned_at = float("-inf")

    async def find(
        self,
        line: Attach,
        unreachable: set[OwnerAddress],
        refusing: OwnerAddress | None = None,
    ) -> OwnerAddress | None:
        """`unreachable` are those just tried in vain: no choice, unless the directory insists.
        `refusing`: one of them, whose neighbours may have the same reason; others come first.
        """
        holder = None
        try:
            holder = await self._directory.holder(line.dashboard_id)
            age_seconds = self._clock() - self._learned_at
            if holder is None:
                is_old = bool(unreachable) or age_seconds >= limits.HEARTBEAT_EVERY_SECONDS
            else:  # for when Redis is away
                is_old = age_seconds >= limits.OWNERS_LEARNED_EVERY_SECONDS
            if is_old:
                self._known.learn(await self._directory.owners())
                self._learned_at = self._clock()
        except WeftError as error:
            log.warning("directory: %s; going by the owners known last", error)
        if holder is not None:
            self._known.add(holder)
            return holder
        shunned = unreachable | (self._known.beside(refusing) if refusing else set())
        ways = (self._known.choose(line.dashboard_id, each) for each in (shunned, unreachable, ()))
        return next((owner for owner in ways if owner is not None), None)

    async def died(self, owner: OwnerAddress) -> None:
        """Nobody listens there any more. Withdrawn now, it is taken over at once and not when its
        heartbeat ends; one that lives all the same announces itself again, and the fence decides.
        """
        try:
            await self._directory.withdraw_owner(owner)
        except WeftError as error:
            log.warning("directory: %s; owner %s is not withdrawn", error, owner.owner_id)


class Route(NamedTuple):
    """What every attachment of a gateway shares."""

    finder: OwnerFinder
    links: OwnerLinks


class Attachment:
    """Made for one Attach instruction, and used until its Detach."""

    def __init__(
        self,
        subscription: int,
        line: Attach,
        subscriber: Subscriber,
        route: Route,
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`first`: what the owner is not asked before."""
        self._subscription = subscription
        self.line = line
        self._subscriber = subscriber
        self._route = route
        self._link: OwnerLink | None = None
        self._n = 0  # of this subscription on its link
        self._answered = False
        self._moves = 0
        self._passage = Passage(line.dashboard_id)
        self._reading: set[asyncio.Task[None]] = set()
        self._seeking = asyncio.create_task(self._begin(first))

    def enter_room(self) -> None:
        if self._link is not None:
            self._link.rooms.enter(self.line.dashboard_id, self._subscriber)

    def submit(
        self,
        sequence: int,
        base_version: int,
        operations: list[dict[str, Any]],
        guard: str | None = None,
        seen_version: int | None = None,
    ) -> None:
        """On a link that is being lost it goes nowhere: the client is told of the loss. Between two
        owners it waits for the next."""
        line = Submitted(self._n, sequence, base_version, operations, guard, seen_version)
        self._passage.submitted(line)
        if self._link is not None and not self._passage.is_under_way:
            self._link.send(line)

    def feed(self, number: int, widget_id: UUID, value: dict[str, Any]) -> None:
        """Of an attachment that `feeds`. Lost where a submission would be."""
        if self._link is not None:
            self._link.send(Feed(self._n, number, widget_id, value))

    def detach(self) -> None:
        self._seeking.cancel()
        if self._link is not None:
            self._link.detach(self._n)
            self._leave_link()

    # --- what the link tells -------------------------------------------------------------------

    def owner_joined(self, frame: bytes) -> None:
        if self._passage.is_under_way:
            self._arrived(frame)
            return
        self._answered = True
        waiting = self._subscriber.waiting_bytes
        self._subscriber.handle(SubscriptionJoined(self._subscription, frame, waiting))

    def owner_answered(self, frame: bytes) -> None:
        self._answered = True
        if self._passage.is_under_way:
            self._tell(self._passage.paged(frame))
            return
        self._passage.answered(frame)
        self._tell(frame)

    def owner_moved(self, frame: bytes) -> None:
        """It goes on at the owner that is named; what comes meanwhile waits."""
        told = orjson.loads(frame)
        self._leave_link()
        self._moves = 0
        self._passage.depart(told["version"])
        self._seeking = asyncio.create_task(self._seek(_named_owner(told)))

    def owner_sent_part(self, frame: bytes) -> None:
        """The owner waits with the next one until this one has been read: law 9."""
        self.owner_answered(frame)
        if self._link is not None:  # a reader that is too slow has been detached
            reading = asyncio.create_task(self._tell_taken(self._link))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)

    async def _tell_taken(self, link: OwnerLink) -> None:
        await self._subscriber.has_read()
        if link is self._link:
            link.send(Taken(self._n))

    def owner_ended(self, frame: bytes) -> None:
        refusing = None if self._link is None else self._link.owner
        self._leave_link()
        may_follow = self._passage.is_under_way or not self._answered
        told = orjson.loads(frame) if may_follow else {}
        if told.get("code") == "owner_moved" and self._moves < limits.OWNER_MOVES_MAX:
            self._moves += 1
            self._seeking = asyncio.create_task(self._seek(_named_owner(told), refusing))
        else:
            self._subscriber.handle(SubscriptionEnded(self._subscription, frame))

    def _arrived(self, frame: bytes) -> None:
        """In the room first: what is published next follows what is told here."""
        arrival = self._passage.arrive(frame)
        self.enter_room()
        for told in arrival.frames:
            self._tell(told)
        if arrival.resend is not None and self._link is not None:
            self._link.send(arrival.resend._replace(n=self._n))

    def _tell(self, frame: bytes) -> None:
        waiting = self._subscriber.waiting_bytes
        self._subscriber.handle(SubscriptionAnswered(self._subscription, frame, waiting))

    def owner_lost(self) -> None:
        self._leave_link()
        self._subscriber.handle(SubscriptionLost(self._subscription, _unavailable()))

    def _leave_link(self) -> None:
        if self._link is not None:
            self._link.leave_room(self.line.dashboard_id, self._subscriber)
            self._link = None

    # --- the search ----------------------------------------------------------------------------

    async def _begin(self, first: Callable[[], Awaitable[None]] | None) -> None:
        if first is not None:
            await first()
        await self._seek(None)

    async def _seek(self, owner: OwnerAddress | None, refusing: OwnerAddress | None = None) -> None:
        """Attach to `owner`, or to whoever is found, trying again until the bound. `refusing`: who
        has just said that it is elsewhere.
        """
        unreachable = {refusing} if refusing else set()
        try:
            async with asyncio.timeout(limits.OWNER_WAIT_MAX_SECONDS):
                for wait_seconds in retry_waits():
                    owner = owner or await self._route.finder.find(self.line, unreachable, refusing)
                    if owner is not None and await self._attach(owner):
                        return
                    if owner is not None:
                        unreachable.add(owner)
                    owner = None
                    await asyncio.sleep(wait_seconds)
        except TimeoutError:
            self._subscriber.handle(SubscriptionLost(self._subscription, _unavailable()))
        except Exception:
            log.exception("dashboard %s: no way to its owner", self.line.dashboard_id)
            self._subscriber.handle(SubscriptionLost(self._subscription, WeftError("internal")))

    async def _attach(self, owner: OwnerAddress) -> bool:
        try:
            link = await self._route.links.to(owner)
        except UNREACHABLE as error:
            log.warning("owner %s at %s: %s", owner.owner_id, owner.url, error)
            if isinstance(error, ConnectionRefusedError):
                await self._route.finder.died(owner)
            return False
        if link.lost:
            return False
        self._link = link
        self._n = link.attach(self, self._passage.line(self.line))
        return True


def retry_waits() -> Iterator[float]:
    """Seconds between two tries, doubling up to the limit; without end."""
    wait = limits.OWNER_RETRY_FIRST_SECONDS
    for _ in itertools.count():
        yield wait
        wait = min(2 * wait, limits.OWNER_RETRY_MAX_SECONDS)


def _unavailable() -> WeftError:
    return WeftError("owner_unavailable", retryAfterMs=limits.OWNER_UNAVAILABLE_RETRY_MS)


def _named_owner(told: dict[str, Any]) -> OwnerAddress | None:
    """None: whoever has said that it has moved does not know where to."""
    match told:
        case {
            "owner": {"ownerId": str(owner_id), "incarnation": str(incarnation), "url": str(url)}
        }:
            return OwnerAddress(owner_id, incarnation, url)
    return None
