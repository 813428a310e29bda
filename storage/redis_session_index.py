"""The index of sessions in Redis."""

from collections.abc import Collection
from importlib.resources import files
from typing import cast
from uuid import UUID

import redis

from storage.redis_client import is_of_another_type, redis_client, redis_outages
from storage.session_index import SessionIndex
from weft.limits import DIRECTORY_TIMEOUT_SECONDS
from weft.models import Session


class RedisSessionIndex(SessionIndex):
    """The port `SessionIndex`. Connects when first used."""

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url, DIRECTORY_TIMEOUT_SECONDS)
        script = files("storage").joinpath("lua", "session.lua").read_text(encoding="utf-8")
        self._session = self._redis.register_script(script)

    async def close(self) -> None:
        await self._redis.aclose()

    async def remember(self, session: Session, token_hash: str) -> None:
        expires_ms = int(session.expires_at.timestamp() * 1000)
        ids = (str(session.user_id), str(session.id))
        with redis_outages():
            await self._session(args=["remember", *ids, token_hash, expires_ms])

    async def forget(self, user_id: UUID, session_ids: Collection[UUID] | None = None) -> None:
        if session_ids is not None and not session_ids:
            return
        ids = [str(one) for one in (user_id, *(session_ids or ()))]
        with redis_outages():
            await self._session(args=["forget", *ids])

    async def sessions_of(self, user_id: UUID) -> frozenset[UUID]:
        with redis_outages():
            try:
                key = f"user:{user_id}:sessions"
                members = cast("set[bytes]", await self._redis.smembers(key))
            except redis.ResponseError as error:
                if not is_of_another_type(error):
                    raise
                return frozenset()
            ids = [member.decode(errors="replace") for member in members]
            async with self._redis.pipeline(transaction=False) as pipe:
                for one in ids:
                    pipe.exists(f"session:{one}")
                alive = await pipe.execute()
        known = (_uuid(one) for one, there in zip(ids, alive, strict=True) if there)
        return frozenset(one for one in known if one is not None)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
