-- Where counting a scope anew begins. KEYS: 1 stream, 2 the scope
-- Reply: id of the stream's newest entry, and a fingerprint of what stands in the scope, empty for nothing.

local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local there = redis.call('GET', KEYS[2])
return { newest and newest[1] or '0-0', there and redis.sha1hex(there) or '' }
