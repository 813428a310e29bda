"""Law 3, exactly once: what tells a submission that is sent again from another under its id."""

from hashlib import blake2b
from typing import Any, Final

import orjson

FINGERPRINT_BYTES: Final = 16


def fingerprint(base_version: int, operations: list[dict[str, Any]]) -> tuple[bytes, int]:
    """(fingerprint, size as JSON in bytes) of what was sent, whatever the order of its keys."""
    canonical = orjson.dumps((base_version, operations), option=orjson.OPT_SORT_KEYS)
    return blake2b(canonical, digest_size=FINGERPRINT_BYTES).digest(), len(canonical)
