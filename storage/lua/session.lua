-- One session, remembered or forgotten. ARGV: 'remember', userId, sessionId, token (its hash),
-- expires (ms since epoch); or 'forget', userId, sessionId...; 'forget' without any: all of them.
-- The set of a user is as long-lived as its longest session; who is gone is left out on the way.
local verb, user_id = ARGV[1], ARGV[2]

-- The key, after something of another type has been removed from under our name.
local function key_of(kind, key)
    local found = redis.call('TYPE', key).ok
    if found ~= kind and found ~= 'none' then
        redis.call('DEL', key)
    end
    return key
end

local of_user = key_of('set', 'user:' .. user_id .. ':sessions')

if verb == 'remember' then
    local session = 'session:' .. ARGV[3]
    redis.call('DEL', session)
    redis.call('HSET', session, 'userId', user_id, 'token', ARGV[4], 'expires', ARGV[5])
    redis.call('PEXPIREAT', session, ARGV[5])
    redis.call('SADD', of_user, ARGV[3])
else
    local ids = #ARGV > 2 and { unpack(ARGV, 3) } or redis.call('SMEMBERS', of_user)
    for _, id in ipairs(ids) do
        if redis.call('SREM', of_user, id) == 1 then -- never what belongs to somebody else
            redis.call('DEL', 'session:' .. id)
        end
    end
end

local longest = 0
for _, id in ipairs(redis.call('SMEMBERS', of_user)) do
    local left = redis.call('PTTL', 'session:' .. id)
    if left == -2 then
        redis.call('SREM', of_user, id)
    else
        longest = math.max(longest, left)
    end
end
if longest > 0 then
    redis.call('PEXPIRE', of_user, longest)
end
return 1
