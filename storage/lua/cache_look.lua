-- What stands under KEYS[1]: an entry `v|stamp|token|json`, a claim `c|stamp|token|`, a bar `b|||`.
-- ARGV: stamp, known token, mark of the caller's claim, its milliseconds.
-- Returns {0} the entry with the known token; {1, token, json} another; {2} the claim stands now;
-- {3} somebody else's claim or a bar. What is of another stamp, or none of these, is replaced; a
-- bar is not, whoever made it. MGET does not fail on a value of another type, and SET overwrites it.
local raw = redis.call('MGET', KEYS[1])[1] or ''
local kind, stamp, token, rest = string.match(raw, '^([vcb])|([^|]*)|([^|]*)|()')
if kind == 'v' and stamp == ARGV[1] then
    if token == ARGV[2] then
        return {0}
    end
    return {1, token, string.sub(raw, rest)}
elseif kind == 'b' or (kind == 'c' and stamp == ARGV[1]) then
    return {3}
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return {2}
