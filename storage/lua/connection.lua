-- What becomes of connections: connected, entered or departed a room, disconnected; swept of a
-- gateway that is gone, pruned by the gateway itself; and of a gateway that is swept: forgotten.
-- ARGV: verb, then of 'swept', 'pruned' and 'forgotten' serverId and connectionIds, of all others
-- connectionId, userId, and then roomId, or of 'connected': sessionId, serverId, lastPing.
-- One script, so that no crash leaves half of it. Of a connection that is not known (any more)
-- nothing is remembered: a message that comes late makes no ghost.
local verb, connection_id, user_id = ARGV[1], ARGV[2], ARGV[3]

-- The key, after something of another type has been removed from under our name.
local function key_of(kind, key)
    local found = redis.call('TYPE', key).ok
    if found ~= kind and found ~= 'none' then
        redis.log(redis.LOG_WARNING, 'weft: removed a ' .. found .. ' from ' .. key)
        redis.call('DEL', key)
    end
    return key
end

local function record_of(id) return key_of('hash', 'connection:' .. id) end
local function of_user(id) return key_of('set', 'connections:' .. id) end
local function of_gateway(id) return key_of('set', 'gateway:' .. id .. ':connections') end

local function rooms_without(id, room_id)
    local stored = redis.call('HGET', record_of(id), 'roomIds') or '[]'
    local ok, found = pcall(cjson.decode, stored)
    local rooms = {}
    for _, room in ipairs(ok and type(found) == 'table' and found or {}) do
        if type(room) == 'string' and room ~= room_id then
            table.insert(rooms, room)
        end
    end
    return rooms
end

local function remember(id, rooms)
    -- cjson writes an empty table as {}
    redis.call('HSET', record_of(id), 'roomIds', #rooms > 0 and cjson.encode(rooms) or '[]')
end

local function leave(id, of, room_id)
    local present = key_of('set', 'room:' .. room_id .. ':connections')
    redis.call('SREM', present, id)
    if #redis.call('SINTER', present, of_user(of)) == 0 then -- no other tab of this user
        redis.call('SREM', key_of('set', 'room:' .. room_id .. ':participants'), of)
    end
end

local function forget(id)
    local record = record_of(id)
    local of = redis.call('HGET', record, 'userId')
    if of then
        redis.call('SREM', of_user(of), id)
        for _, room_id in ipairs(rooms_without(id, nil)) do
            leave(id, of, room_id)
        end
        redis.call('SREM', of_gateway(redis.call('HGET', record, 'serverId') or ''), id)
    end
    redis.call('DEL', record)
end

-- Whoever sweeps has looked before, and the gateway may have come back since.
if (verb == 'swept' or verb == 'forgotten')
    and redis.call('EXISTS', 'gateway:' .. ARGV[2]) == 1 then
    return 0
elseif verb == 'forgotten' then
    redis.call('ZREM', key_of('zset', 'gateways'), ARGV[2])
elseif verb == 'swept' or verb == 'pruned' then
    for i = 3, #ARGV do
        if redis.call('HGET', record_of(ARGV[i]), 'serverId') == ARGV[2] then
            forget(ARGV[i])
        end
        redis.call('SREM', of_gateway(ARGV[2]), ARGV[i])
    end
elseif verb == 'connected' then
    forget(connection_id) -- told again, it may be in fewer rooms
    redis.call('HSET', record_of(connection_id), 'userId', user_id, 'sessionId', ARGV[4],
        'serverId', ARGV[5], 'lastPing', ARGV[6], 'roomIds', '[]')
    redis.call('SADD', of_user(user_id), connection_id)
    redis.call('SADD', of_gateway(ARGV[5]), connection_id)
    -- a gateway that is killed before it has said that it lives is swept all the same
    redis.call('ZADD', key_of('zset', 'gateways'), 'NX', ARGV[6] / 1000, ARGV[5])
elseif redis.call('HGET', record_of(connection_id), 'userId') ~= user_id then
    return 0
elseif verb == 'entered' then
    local rooms = rooms_without(connection_id, ARGV[4])
    table.insert(rooms, ARGV[4])
    remember(connection_id, rooms)
    redis.call('SADD', key_of('set', 'room:' .. ARGV[4] .. ':connections'), connection_id)
    redis.call('SADD', key_of('set', 'room:' .. ARGV[4] .. ':participants'), user_id)
elseif verb == 'departed' then
    remember(connection_id, rooms_without(connection_id, ARGV[4]))
    leave(connection_id, user_id, ARGV[4])
elseif verb == 'disconnected' then
    forget(connection_id)
end
return 1
