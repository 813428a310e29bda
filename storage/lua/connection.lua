-- What becomes of one connection: connected, entered or departed a room, disconnected.
-- ARGV: verb, connectionId, userId, then roomId, or of 'connected': sessionId, serverId, lastPing.
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

local connection = key_of('hash', 'connection:' .. connection_id)
local of_user = key_of('set', 'connections:' .. user_id)

local function rooms_without(room_id)
    local ok, stored = pcall(cjson.decode, redis.call('HGET', connection, 'roomIds') or '[]')
    local rooms = {}
    for _, id in ipairs(ok and type(stored) == 'table' and stored or {}) do
        if type(id) == 'string' and id ~= room_id then
            table.insert(rooms, id)
        end
    end
    return rooms
end

local function remember(rooms)
    -- cjson writes an empty table as {}
    redis.call('HSET', connection, 'roomIds', #rooms > 0 and cjson.encode(rooms) or '[]')
end

local function leave(room_id)
    local present = key_of('set', 'room:' .. room_id .. ':connections')
    redis.call('SREM', present, connection_id)
    if #redis.call('SINTER', present, of_user) == 0 then -- no other tab of this user
        redis.call('SREM', key_of('set', 'room:' .. room_id .. ':participants'), user_id)
    end
end

if verb == 'connected' then
    redis.call('DEL', connection)
    redis.call('HSET', connection, 'userId', user_id, 'sessionId', ARGV[4], 'serverId', ARGV[5],
        'lastPing', ARGV[6], 'roomIds', '[]')
    redis.call('SADD', of_user, connection_id)
elseif redis.call('HGET', connection, 'userId') ~= user_id then
    return 0
elseif verb == 'entered' then
    local rooms = rooms_without(ARGV[4])
    table.insert(rooms, ARGV[4])
    remember(rooms)
    redis.call('SADD', key_of('set', 'room:' .. ARGV[4] .. ':connections'), connection_id)
    redis.call('SADD', key_of('set', 'room:' .. ARGV[4] .. ':participants'), user_id)
elseif verb == 'departed' then
    remember(rooms_without(ARGV[4]))
    leave(ARGV[4])
elseif verb == 'disconnected' then
    redis.call('SREM', of_user, connection_id)
    for _, room_id in ipairs(rooms_without(nil)) do
        leave(room_id)
    end
    redis.call('DEL', connection)
end
return 1
