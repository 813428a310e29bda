"""The shared counts behind rate limits, under the seed's keys, added in one script."""

from collections.abc import Mapping

from storage.rate_counts import Count
from storage.redis_client import redis_client, redis_outages
from weft.limits import CACHE_TIMEOUT_SECONDS

# Adds ARGV[2i-1] to KEYS[i]; a key that is new, or lost its expiry, ends after ARGV[2i] ms.
# What cannot be added to (someone else's content) is replaced. Returns count and ms left of each.
ADD = """
local answer = {}
for i, key in ipairs(KEYS) do
  local count = redis.pcall('INCRBY', key, ARGV[2 * i - 1])
  if type(count) ~= 'number' then
    redis.call('DEL', key)
    count = redis.call('INCRBY', key, ARGV[2 * i - 1])
  end
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ARGV[2 * i])
    left = tonumber(ARGV[2 * i])
  end
  answer[2 * i - 1] = count
  answer[2 * i] = left
end
return answer
"""


class RedisRateCounts:
    """The port `RateCounts`. Connects when first used."""

    def __init__(self, url: str) -> None:
        self._redis = redis_client(url, CACHE_TIMEOUT_SECONDS)
        self._add = self._redis.register_script(ADD)

    async def close(self) -> None:
        await self._redis.aclose()

    async def add(self, amounts: Mapping[str, tuple[int, int]]) -> dict[str, Count]:
        keys = list(amounts)
        if not keys:
            return {}
        arguments = [number for key in keys for number in amounts[key]]
        with redis_outages():
            answer = await self._add(keys=keys, args=arguments)
        counts = map(Count, map(int, answer[::2]), map(int, answer[1::2]))
        return dict(zip(keys, counts, strict=True))
