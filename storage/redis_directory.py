"""The directory in Redis: who holds what, who is where. Losing it loses no data and no safety.

A dashboard's lock is as alive as its owner: nothing is renewed but one heartbeat per owner. What
strangers have written under our names is ignored, or replaced when we write there.
"""

import logging
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from importlib.resources import files
from typing import Any, Final, cast
from uuid import UUID

import redis

from storage.addresses import (
    decode_heartbeat,
    decode_lock,
    decode_whereabouts,
    encode_heartbeat,
    encode_lock,
    gateway_connections_key,
    gateway_key,
    lock_key,
    owner_key,
)
from storage.ports import OwnerAddress, Whereabouts
from storage.redis_client import Silence, is_of_another_type, redis_client
from weft.limits import DIRECTORY_REST_SECONDS, DIRECTORY_TIMEOUT_SECONDS, SWEEP_BATCH_CONNECTIONS

logger = logging.getLogger(__name__)

REPORTS_KEY: Final = "reports"  # hash: name of a member to "<ms until it counts> <JSON>"
OWNERS_KEY: Final = "owners"  # sorted set: owner ids by the time of the last heartbeat
GATEWAYS_KEY: Final = "gateways"  # the same of gateways, until what they left has been swept
FORGET_OWNERS_AFTER_SECONDS: Final = 3600.0  # far beyond any heartbeat and any skew of clocks


class RedisDirectory:
    """The port `Directory`. Connects when first used; every method raises storage_unavailable."""

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url, DIRECTORY_TIMEOUT_SECONDS)
        self._outages = Silence(DIRECTORY_TIMEOUT_SECONDS, DIRECTORY_REST_SECONDS)
        self._swap = self._redis.register_script(_script("swap"))
        self._connection = self._redis.register_script(_script("connection"))

    async def close(self) -> None:
        await self._redis.aclose()

    async def announce_owner(self, address: OwnerAddress, ttl_seconds: float) -> None:
        beat = encode_heartbeat(address)
        await self._announce(
            OWNERS_KEY, address.owner_id, owner_key(address.owner_id), beat, ttl_seconds
        )
        with self._outages():
            long_ago = time.time() - FORGET_OWNERS_AFTER_SECONDS
            await self._redis.zremrangebyscore(OWNERS_KEY, "-inf", long_ago)

    async def withdraw_owner(self, address: OwnerAddress) -> None:
        with self._outages():
            key = owner_key(address.owner_id)
            await self._swap(keys=[key], args=[encode_heartbeat(address)])

    async def owners(self) -> tuple[OwnerAddress, ...]:
        with self._outages():
            ids = sorted(_texts(await self._members(self._redis.zrange(OWNERS_KEY, 0, -1))))
            beats = await self._values(*map(owner_key, ids)) if ids else []
        found = map(decode_heartbeat, ids, beats)
        return tuple(address for address in found if address is not None)

    async def announce_gateway(self, server_id: str, ttl_seconds: float) -> bool:
        return await self._announce(
            GATEWAYS_KEY, server_id, gateway_key(server_id), b"1", ttl_seconds
        )

    async def withdraw_gateway(self, server_id: str) -> None:
        with self._outages():
            await self._redis.delete(gateway_key(server_id))

    async def gateways(self) -> frozenset[str]:
        return frozenset(id_ for id_, beats in await self._gateways() if beats)

    async def gone_gateways(self) -> frozenset[str]:
        return frozenset(id_ for id_, beats in await self._gateways() if not beats)

    async def forget_gateway(self, server_id: str) -> None:
        await self._happened("forgotten", server_id)

    async def sweep_connections(self, server_id: str) -> None:
        await self._remove_connections("swept", server_id, ())

    async def prune_connections(self, server_id: str, keep: Collection[str]) -> None:
        await self._remove_connections("pruned", server_id, keep)

    async def claim(self, dashboard_id: UUID, address: OwnerAddress) -> OwnerAddress:
        while True:
            lock, holder = await self._lock(dashboard_id)
            if holder is not None and holder.incarnation != address.incarnation:
                return holder
            with self._outages():
                mine = [lock or b"", encode_lock(address)]
                if await self._swap(keys=[lock_key(dashboard_id)], args=mine):
                    return address

    async def holder(self, dashboard_id: UUID) -> OwnerAddress | None:
        return (await self._lock(dashboard_id))[1]

    async def release(self, dashboard_id: UUID, address: OwnerAddress) -> None:
        with self._outages():
            await self._swap(keys=[lock_key(dashboard_id)], args=[encode_lock(address)])

    async def report(self, name: str, report: bytes, ttl_seconds: float) -> None:
        now_ms = round(time.time() * 1000)
        told = b"%d %s" % (now_ms + round(1000 * ttl_seconds), report)
        with self._outages():
            try:
                await self._redis.hset(REPORTS_KEY, name, told)
            except redis.ResponseError as error:
                if not is_of_another_type(error):
                    raise
                await self._redis.delete(REPORTS_KEY)  # a stranger's
                await self._redis.hset(REPORTS_KEY, name, told)

    async def reports(self) -> dict[str, bytes]:
        now_ms = time.time() * 1000
        with self._outages():
            told = await self._members(self._redis.hgetall(REPORTS_KEY))
            found = dict(told) if isinstance(told, dict) else {}
            dead = [name for name, raw in found.items() if _until_ms(raw) <= now_ms]
            if dead:
                await self._redis.hdel(REPORTS_KEY, *dead)
        return {
            name.decode(errors="replace"): raw.partition(b" ")[2]
            for name, raw in found.items()
            if name not in dead
        }

    async def hand_over(
        self, dashboard_id: UUID, address: OwnerAddress, heir: OwnerAddress
    ) -> bool:
        while True:
            lock, holder = await self._lock(dashboard_id)
            if holder is not None and holder.incarnation != address.incarnation:
                return False
            with self._outages():
                given = [lock or b"", encode_lock(heir)]
                if await self._swap(keys=[lock_key(dashboard_id)], args=given):
                    return True

    async def connected(
        self, connection_id: str, user_id: UUID, session_id: UUID, server_id: str
    ) -> None:
        now_ms = round(time.time() * 1000)
        await self._happened("connected", connection_id, user_id, session_id, server_id, now_ms)

    async def entered(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None:
        await self._happened("entered", connection_id, user_id, dashboard_id)

    async def departed(self, connection_id: str, user_id: UUID, dashboard_id: UUID) -> None:
        await self._happened("departed", connection_id, user_id, dashboard_id)

    async def disconnected(self, connection_id: str, user_id: UUID) -> None:
        await self._happened("disconnected", connection_id, user_id)

    async def connections_of(self, user_id: UUID) -> set[str]:
        with self._outages():
            return _texts(await self._members(self._redis.smembers(f"connections:{user_id}")))

    async def whereabouts(self, user_id: UUID) -> tuple[Whereabouts, ...]:
        ids = sorted(await self.connections_of(user_id))
        with self._outages():
            async with self._redis.pipeline(transaction=False) as pipe:
                for id_ in ids:
                    pipe.hgetall(f"connection:{id_}")
                records = await pipe.execute(raise_on_error=False)
        found = [
            place
            for id_, record in zip(ids, records, strict=True)
            if isinstance(record, dict) and (place := decode_whereabouts(id_, user_id, record))
        ]
        return tuple(sorted(found, key=lambda one: (one.since_ms, one.connection_id)))

    async def room_connections(self, dashboard_id: UUID) -> set[str]:
        with self._outages():
            key = f"room:{dashboard_id}:connections"
            return _texts(await self._members(self._redis.smembers(key)))

    async def room_participants(self, dashboard_id: UUID) -> set[UUID]:
        with self._outages():
            key = f"room:{dashboard_id}:participants"
            return _ids(_texts(await self._members(self._redis.smembers(key))))

    async def _announce(
        self, those: str, member: str, key: str, beat: bytes, ttl_seconds: float
    ) -> bool:
        """Whether its heart has beaten until now. The heartbeat first: who is there, is alive."""
        mark = {member: time.time()}
        with self._outages():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.exists(key)
                pipe.set(key, beat, px=round(ttl_seconds * 1000))
                pipe.zadd(those, mark)
                beating, _, added = await pipe.execute(raise_on_error=False)
            if isinstance(added, Exception) and is_of_another_type(added):
                logger.warning("removed something that is no sorted set from %s", those)
                await self._redis.delete(those)
                added = await self._redis.zadd(those, mark)
            if isinstance(added, Exception):
                raise added
        return bool(beating) and not added

    async def _gateways(self) -> list[tuple[str, bool]]:
        """Those that are not forgotten, and whether their heart beats."""
        with self._outages():
            ids = sorted(_texts(await self._members(self._redis.zrange(GATEWAYS_KEY, 0, -1))))
            beats = await self._values(*map(gateway_key, ids)) if ids else []
        return [(id_, beat is not None) for id_, beat in zip(ids, beats, strict=True)]

    async def _remove_connections(self, verb: str, server_id: str, keep: Collection[str]) -> None:
        with self._outages():
            members = self._redis.smembers(gateway_connections_key(server_id))
            left = sorted(_texts(await self._members(members)).difference(keep))
        for begin in range(0, len(left), SWEEP_BATCH_CONNECTIONS):
            await self._happened(verb, server_id, *left[begin : begin + SWEEP_BATCH_CONNECTIONS])

    async def _happened(self, *arguments: object) -> None:
        with self._outages():
            await self._connection(args=[str(argument) for argument in arguments])

    async def _lock(self, dashboard_id: UUID) -> tuple[bytes | None, OwnerAddress | None]:
        """What the lock holds, and the owner that it names, if that one lives."""
        with self._outages():
            (raw,) = await self._values(lock_key(dashboard_id))
            named = decode_lock(raw)
            if named is None:
                return raw, None
            owner_id, incarnation = named
            (beat,) = await self._values(owner_key(owner_id))
        live = decode_heartbeat(owner_id, beat)
        return raw, live if live is not None and live.incarnation == incarnation else None

    async def _values(self, *keys: str) -> list[bytes | None]:
        """None for a key that is missing, or of another type: unlike GET, MGET does not fail."""
        return cast("list[bytes | None]", await self._redis.mget(keys))

    async def _members(self, command: Any) -> Iterable[bytes]:
        try:
            return cast("Iterable[bytes]", await command)
        except redis.ResponseError as error:
            if not is_of_another_type(error):
                raise
            logger.warning("ignored a Redis key of another type: %s", error)
            return ()


def _texts(members: Iterable[bytes]) -> set[str]:
    return {member.decode(errors="replace") for member in members}


def _until_ms(raw: bytes) -> int:
    until = raw.partition(b" ")[0]
    return int(until) if until.isdigit() and len(until) < 20 else 0


def _ids(texts: Iterable[str]) -> set[UUID]:
    found = set()
    for text in texts:
        with suppress(ValueError):
            found.add(UUID(text))
    return found


def _script(name: str) -> str:
    return files("storage").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
