-- Set KEYS[1] to ARGV[2] if it still holds ARGV[1] ('' also stands for nothing, or for something
-- that is no string); without ARGV[2], delete it. Returns 1 if so. MGET does not fail on a value
-- of another type, and SET overwrites it.
if (redis.call('MGET', KEYS[1])[1] or '') ~= ARGV[1] then
    return 0
elseif ARGV[2] then
    redis.call('SET', KEYS[1], ARGV[2])
else
    redis.call('DEL', KEYS[1])
end
return 1
