"""What is heard on a subscribed link, as long as it can be believed.

One that falls silent is as good as broken: what is published meanwhile may be lost.
"""

import time
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio.client import PubSub

from weft.limits import NOTICE_PING_SECONDS, NOTICE_SILENCE_SECONDS


async def heard_on(link: PubSub) -> AsyncIterator[dict[str, Any]]:
    """Until the link breaks (RedisError, OSError) or falls silent."""
    heard_at = time.monotonic()
    while time.monotonic() - heard_at < NOTICE_SILENCE_SECONDS:
        message = await link.get_message(timeout=NOTICE_PING_SECONDS)
        if message is None:
            await link.ping()
            continue
        heard_at = time.monotonic()
        yield message
