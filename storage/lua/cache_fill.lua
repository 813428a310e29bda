-- Put ARGV[2] under KEYS[1] for ARGV[3] milliseconds, if the claim ARGV[1] still stands there.
if redis.call('MGET', KEYS[1])[1] ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
