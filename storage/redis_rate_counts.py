"""The shared counts behind rate limits, under the seed's keys, added in one script."""

from collections.abc import Mapping

from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage.redis_client import redis_outages

# Adds ARGV[2i-1] to KEYS[i]; a key that is new, or lost its expiry, ends after ARGV[2i] ms.
# A key of another type (someone else's content) is replaced. Returns count and ms left of each.
ADD = """
local answer = {}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and (kind ~= 'string' or not tonumber(redis.call('GET', key))) then
    redis.call('DEL', key)
  end
  local count = redis.call('INCRBY', key, ARGV[2 * i - 1])
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
    def __init__(self, redis: Redis) -> None:
        self._add = redis.register_script(ADD)

    async def add(self, amounts: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        """key → (amount, window in ms), to key → (count of all gateways, ms left).

        Raises WeftError storage_unavailable; the caller goes on with its own counts.
        """
        keys = list(amounts)
        if not keys:
            return {}
        arguments = [number for key in keys for number in amounts[key]]
        with redis_outages(RedisError):
            answer = await self._add(keys=keys, args=arguments)
        numbers = [int(number) for number in answer]
        return dict(zip(keys, zip(numbers[::2], numbers[1::2], strict=True), strict=True))
