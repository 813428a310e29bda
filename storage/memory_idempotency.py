"""Idempotency keys in memory: the twin of postgres_idempotency."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.delivery_ports import StoredAnswer
from storage.delivery_rows import check_key
from storage.rows import decode_json, encode_json
from weft.errors import WeftError


@dataclass(slots=True)
class KeyRow:
    fingerprint: bytes
    expires_at: float
    answer: tuple[int, bytes] | None = None


class MemoryIdempotencyKeys:
    """The port `IdempotencyKeys`. `clock` gives seconds, and stands still unless one is given."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._clock = clock
        self._rows: dict[tuple[str, str], KeyRow] = {}

    async def claim(
        self, actor: str, key: str, fingerprint: bytes, lease_seconds: float
    ) -> StoredAnswer | None:
        check_key(actor, key)
        row = self._rows.get((actor, key))
        if row is None or row.expires_at <= self._clock():
            self._rows[actor, key] = KeyRow(fingerprint, self._clock() + lease_seconds)
            return None
        if row.fingerprint != fingerprint:
            raise WeftError("id_reused", "This key came with another request.")
        if row.answer is None:
            raise WeftError("in_flight", "The request with this key is under way.")
        status, response = row.answer
        return StoredAnswer(status, decode_json(response))

    async def complete(
        self, actor: str, key: str, fingerprint: bytes, answer: StoredAnswer, ttl_seconds: float
    ) -> None:
        row = self._under_way(actor, key, fingerprint)
        if row is not None:
            row.answer = answer.status, encode_json(answer.response)
            row.expires_at = self._clock() + ttl_seconds

    async def release(self, actor: str, key: str, fingerprint: bytes) -> None:
        if self._under_way(actor, key, fingerprint) is not None:
            del self._rows[actor, key]

    async def purge_expired(self) -> int:
        expired = [key for key, row in self._rows.items() if row.expires_at <= self._clock()]
        for key in expired:
            del self._rows[key]
        return len(expired)

    def _under_way(self, actor: str, key: str, fingerprint: bytes) -> KeyRow | None:
        row = self._rows.get((actor, key))
        mine = row is not None and row.fingerprint == fingerprint and row.answer is None
        return row if mine else None
