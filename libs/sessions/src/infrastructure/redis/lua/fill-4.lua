#!lua
-- Stores a session that was read from Postgres, unless something newer is known about it.
--
-- KEYS  1 session:{p}:<sid>   2 ended:{p}:<sid>   3 ended_user:{p}:<uid>   4 epoch:{p}
-- ARGV  1 entry   2 life in milliseconds   3 generation of the session   4 epoch read before Postgres was
--       5 log position of the entry   6 database identity of the entry
-- Reply "ok", or why not: "ended", "generation", "epoch", "newer"
--
-- Atomic, because between a check and a write another instance may leave a tombstone: a slow writer would then
-- revive what has ended. The entry begins "position|database|".
if redis.call('EXISTS', KEYS[2]) == 1 then return 'ended' end
if redis.call('TYPE', KEYS[3]).ok == 'string' then
  local minimum = string.match(redis.call('GET', KEYS[3]), '^(%d+)|')
  if minimum and tonumber(minimum) > tonumber(ARGV[3]) then return 'generation' end
end
if redis.call('TYPE', KEYS[4]).ok ~= 'string' or redis.call('GET', KEYS[4]) ~= ARGV[4] then return 'epoch' end
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'string' then
  local position, database = string.match(redis.call('GET', KEYS[1]), '^(%d+)|([^|]*)|')
  if position and database == ARGV[6] and tonumber(position) > tonumber(ARGV[5]) then return 'newer' end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'ok'
