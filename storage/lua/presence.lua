-- Who is present where (law 8). ARGV: verb, then what it needs. Times are this server's own, in ms.
--   put     ttl, {room, user, connection, value}*    write, and believe for `ttl`
--   renew   ttl, {room, user, connection}*           returns the positions of those not there
--   remove  {room, user, connection}*
--   sweep   at most so many                          remove what nobody has renewed; how many
--   read    room*                                    per room the values whose time is not over
-- Keys: the hash `presence:{room}:{user}` of values by connection; the set `presence:{room}` of
-- its users; the sorted set `presence:expiry` of `room:user:connection` by the end of their time.
local verb = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The key, after something of another type has been removed from under our name.
local function key_of(kind, key)
    local found = redis.call('TYPE', key).ok
    if found ~= kind and found ~= 'none' then
        redis.log(redis.LOG_WARNING, 'weft: removed a ' .. found .. ' from ' .. key)
        redis.call('DEL', key)
    end
    return key
end

local expiry = key_of('zset', 'presence:expiry')

local function believe(room, user, connection, ttl)
    redis.call('ZADD', expiry, now + ttl, room .. ':' .. user .. ':' .. connection)
    redis.call('PEXPIRE', 'presence:' .. room .. ':' .. user, ttl)
    redis.call('PEXPIRE', 'presence:' .. room, ttl)
end

local function remove(room, user, connection)
    local present = key_of('hash', 'presence:' .. room .. ':' .. user)
    redis.call('HDEL', present, connection)
    redis.call('ZREM', expiry, room .. ':' .. user .. ':' .. connection)
    if redis.call('EXISTS', present) == 0 then
        redis.call('SREM', key_of('set', 'presence:' .. room), user)
    end
end

if verb == 'put' then
    for at = 3, #ARGV, 4 do
        local room, user, connection, value = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
        redis.call('HSET', key_of('hash', 'presence:' .. room .. ':' .. user), connection, value)
        redis.call('SADD', key_of('set', 'presence:' .. room), user)
        believe(room, user, connection, ARGV[2])
    end
elseif verb == 'renew' then
    local missing = {}
    for at = 3, #ARGV, 3 do
        local room, user, connection = ARGV[at], ARGV[at + 1], ARGV[at + 2]
        local present = key_of('hash', 'presence:' .. room .. ':' .. user)
        if redis.call('HEXISTS', present, connection) == 1
            and redis.call('SISMEMBER', key_of('set', 'presence:' .. room), user) == 1 then
            believe(room, user, connection, ARGV[2])
        else
            table.insert(missing, (at - 3) / 3)
        end
    end
    return missing
elseif verb == 'remove' then
    for at = 2, #ARGV, 3 do
        remove(ARGV[at], ARGV[at + 1], ARGV[at + 2])
    end
elseif verb == 'sweep' then
    local over = redis.call('ZRANGEBYSCORE', expiry, '-inf', now, 'LIMIT', 0, ARGV[2])
    for _, member in ipairs(over) do
        local room, user, connection = string.match(member, '^([^:]+):([^:]+):(.+)$')
        if room then
            remove(room, user, connection)
        else
            redis.call('ZREM', expiry, member)
        end
    end
    return #over
elseif verb == 'read' then
    local rosters = {}
    for at = 2, #ARGV do
        local room, values = ARGV[at], {}
        for _, user in ipairs(redis.call('SMEMBERS', key_of('set', 'presence:' .. room))) do
            local found = redis.call('HGETALL', key_of('hash', 'presence:' .. room .. ':' .. user))
            for index = 1, #found, 2 do
                local member = room .. ':' .. user .. ':' .. found[index]
                if tonumber(redis.call('ZSCORE', expiry, member) or 0) > now then
                    table.insert(values, found[index + 1])
                end
            end
        end
        table.insert(rosters, values)
    end
    return rosters
end
return 0
