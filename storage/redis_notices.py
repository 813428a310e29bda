"""Notices over Redis: one channel; a link that has fallen silent counts as cut."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from redis import RedisError
from redis.asyncio.client import PubSub

from storage.ending_loop import end
from storage.notices import (
    CHANNEL,
    Deaf,
    Hear,
    Heard,
    Listening,
    Notice,
    decode_notice,
    encode_notice,
)
from storage.redis_client import redis_client, redis_outages
from storage.redis_listening_loop import heard_on
from weft.limits import (
    DIRECTORY_TIMEOUT_SECONDS,
    NOTICE_RETRY_SECONDS,
    NOTICE_SILENCE_SECONDS,
)

logger = logging.getLogger(__name__)


class RedisNotices:
    """The port `Notices`. `start` begins to listen; nobody hears anything before but `Deaf`."""

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url, DIRECTORY_TIMEOUT_SECONDS)
        self._links = redis_client(url, NOTICE_SILENCE_SECONDS, retries=0)  # a cut must show
        self._listeners: list[Hear] = []
        self._state: Listening | Deaf = Deaf()
        self._listening: asyncio.Task[None] | None = None

    async def publish(self, notices: Iterable[Notice]) -> None:
        with redis_outages():
            async with self._redis.pipeline(transaction=False) as pipe:
                for notice in notices:
                    pipe.publish(CHANNEL, encode_notice(notice))
                await pipe.execute()

    def subscribe(self, hear: Hear) -> None:
        self._listeners.append(hear)
        hear(self._state)

    def start(self) -> None:
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self._listening is not None:
            await end(self._listening)
        await self._links.aclose()
        await self._redis.aclose()

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                async with self._links.pubsub() as link:
                    await link.subscribe(CHANNEL)
                    await self._hear_all(link)
            if self._state != Deaf():
                self._turn(Deaf())
            await asyncio.sleep(NOTICE_RETRY_SECONDS)

    async def _hear_all(self, link: PubSub) -> None:
        """Until the link breaks or falls silent."""
        async for message in heard_on(link):
            if message["type"] == "subscribe":  # also when the client has subscribed anew
                self._turn(Listening())
            elif message["type"] == "message":
                notice = decode_notice(message["data"])
                if notice is not None:
                    self._tell(notice)

    def _turn(self, state: Listening | Deaf) -> None:
        self._state = state
        self._tell(state)

    def _tell(self, heard: Heard) -> None:
        for hear in self._listeners:
            try:
                hear(heard)
            except Exception:
                logger.exception("a listener failed on %s", type(heard).__name__)
