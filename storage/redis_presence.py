"""Presence over Redis: entries by one script, news on a channel per dashboard.

A gateway hears only the dashboards that it follows. A link that has fallen silent counts as cut;
what was followed is followed again on the next one.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from itertools import chain
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from redis import RedisError
from redis.asyncio.client import PubSub

from storage.ending_loop import end
from storage.notices import Deaf, Listening
from storage.presence import (
    CHANNEL_PREFIX,
    HeardPresence,
    HearPresence,
    Place,
    PresenceEntry,
    PresenceNews,
    decode_entry,
    decode_news,
    encode_entry,
    encode_news,
    presence_channel,
)
from storage.redis_client import redis_client, redis_outages
from storage.redis_listening_loop import heard_on
from weft.errors import WeftError
from weft.limits import (
    DIRECTORY_TIMEOUT_SECONDS,
    NOTICE_RETRY_SECONDS,
    NOTICE_SILENCE_SECONDS,
)

BATCH_ENTRIES: Final = 200  # of one script call, so that others who wait for Redis wait briefly
SWEEP_ENTRIES: Final = 1_000
PULSE: Final = "presence"  # followed by all, so that a link can be known to hear

Argument: TypeAlias = str | bytes | int
Item = TypeVar("Item")

logger = logging.getLogger(__name__)


class RedisPresence:
    """The port `PresenceStore`. `start` begins to listen; nobody hears anything before but Deaf."""

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url, DIRECTORY_TIMEOUT_SECONDS)
        self._links = redis_client(url, NOTICE_SILENCE_SECONDS, retries=0)  # a cut must show
        script = files("storage").joinpath("lua", "presence.lua").read_text(encoding="utf-8")
        self._script = self._redis.register_script(script)
        self._listeners: list[HearPresence] = []
        self._state: Listening | Deaf = Deaf()
        self._followed: set[str] = set()  # channels
        self._confirming: dict[str, asyncio.Future[None]] = {}
        self._link: PubSub | None = None
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._listening = asyncio.create_task(self._listen(), name="presence listener")

    async def close(self) -> None:
        if self._listening is not None:
            await end(self._listening)
        await self._links.aclose()
        await self._redis.aclose()

    # --- entries -------------------------------------------------------------------------------

    async def tell(
        self,
        write: Collection[PresenceEntry],
        remove: Collection[Place],
        news: Collection[PresenceNews],
        ttl_seconds: float,
    ) -> None:
        with redis_outages():
            async with self._redis.pipeline(transaction=False) as pipe:
                for entries in _batches(write):
                    values = [(*_texts(entry.place), encode_entry(entry)) for entry in entries]
                    arguments: list[Argument] = ["put", _ms(ttl_seconds)]
                    arguments += chain.from_iterable(values)
                    await self._script(args=arguments, client=pipe)
                for places in _batches(remove):
                    await self._script(args=["remove", *_flat(places)], client=pipe)
                for each in news:
                    pipe.publish(presence_channel(each.dashboard_id), encode_news(each))
                await pipe.execute()

    async def renew(self, places: Collection[Place], ttl_seconds: float) -> set[Place]:
        missing = set()
        with redis_outages():
            for some in _batches(places):
                arguments: list[Argument] = ["renew", _ms(ttl_seconds), *_flat(some)]
                missing |= {some[int(index)] for index in await self._script(args=arguments)}
        return missing

    async def sweep(self) -> None:
        with redis_outages():
            while await self._script(args=["sweep", SWEEP_ENTRIES]) == SWEEP_ENTRIES:
                pass

    async def rosters(
        self, dashboard_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[PresenceEntry, ...]]:
        found = {}
        with redis_outages():
            for some in _batches(dashboard_ids):
                rooms = await self._script(args=["read", *map(str, some)])
                for dashboard_id, values in zip(some, rooms, strict=True):
                    found[dashboard_id] = _entries(dashboard_id, values)
        return found

    # --- news ----------------------------------------------------------------------------------

    async def follow(self, dashboard_id: UUID) -> None:
        channel = presence_channel(dashboard_id)
        if channel in self._followed and channel not in self._confirming:
            return
        self._followed.add(channel)
        if self._link is None:
            raise WeftError("storage_unavailable", "Redis does not answer now.")
        confirmed = self._confirming.setdefault(channel, asyncio.get_running_loop().create_future())
        with redis_outages():
            await self._link.subscribe(channel)
            async with asyncio.timeout(DIRECTORY_TIMEOUT_SECONDS):
                await asyncio.shield(confirmed)

    async def unfollow(self, dashboard_id: UUID) -> None:
        channel = presence_channel(dashboard_id)
        self._followed.discard(channel)
        self._confirming.pop(channel, None)
        if self._link is not None:
            with redis_outages():
                await self._link.unsubscribe(channel)

    def subscribe(self, hear: HearPresence) -> None:
        self._listeners.append(hear)
        hear(self._state)

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                async with self._links.pubsub() as link:
                    await link.subscribe(PULSE, *self._followed)
                    self._link = link
                    await self._hear_all(link)
            self._link = None
            self._drop_waiting()
            if self._state != Deaf():
                self._turn(Deaf())
            await asyncio.sleep(NOTICE_RETRY_SECONDS)

    async def _hear_all(self, link: PubSub) -> None:
        """Until the link breaks or falls silent."""
        async for message in heard_on(link):
            self._heard(message["type"], message["channel"], message["data"])

    def _heard(self, kind: str, raw_channel: bytes | None, data: object) -> None:
        channel = (raw_channel or b"").decode(errors="replace")
        if kind == "subscribe" and channel == PULSE:
            self._turn(Listening())  # also when the client has subscribed anew
        elif kind == "subscribe":
            waiting = self._confirming.pop(channel, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
        elif kind == "message" and channel in self._followed:
            news = decode_news(UUID(channel.removeprefix(CHANNEL_PREFIX)), data)
            if news is not None:
                self._announce(news)

    def _drop_waiting(self) -> None:
        waiting, self._confirming = self._confirming, {}
        for confirmed in waiting.values():
            if not confirmed.done():
                confirmed.set_exception(ConnectionResetError("the link to Redis is lost"))

    def _turn(self, state: Listening | Deaf) -> None:
        self._state = state
        self._announce(state)

    def _announce(self, heard: HeardPresence) -> None:
        for hear in self._listeners:
            try:
                hear(heard)
            except Exception:
                logger.exception("a listener failed on %s", type(heard).__name__)


def _entries(dashboard_id: UUID, values: Sequence[bytes]) -> tuple[PresenceEntry, ...]:
    found = (decode_entry(dashboard_id, value) for value in values)
    return tuple(entry for entry in found if entry is not None)


def _texts(place: Place) -> tuple[str, str, str]:
    return str(place.dashboard_id), str(place.user_id), place.connection_id


def _flat(places: Iterable[Place]) -> Iterable[str]:
    return chain.from_iterable(map(_texts, places))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _batches(items: Collection[Item]) -> Iterator[tuple[Item, ...]]:
    whole = tuple(items)
    for start in range(0, len(whole), BATCH_ENTRIES):
        yield whole[start : start + BATCH_ENTRIES]
