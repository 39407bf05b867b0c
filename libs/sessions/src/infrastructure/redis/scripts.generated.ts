// Made by scripts/build-lua.mjs from lua/*.lua.

export const buryScript = {
  digest: 'dddb167bddea5261917eda9311d915ea51d82606',
  text: `#!lua flags=allow-oom
-- Leaves tombstones and removes the entries they end, also when memory is full.
--
-- KEYS  1 epoch:{p}   2 ended_user:{p}:<uid>   3 changed_user:{p}:<uid>   then pairs of session:{p}:<sid> and ended:{p}:<sid>,
--       then blacklist:{p}:<jti> keys
-- ARGV  1 life of session tombstones in milliseconds   2 number of pairs   3 "minimum generation|rest" or ""
--       4 "transaction|database|rest" of the user's change or ""   then one tombstone per pair, then value and life in milliseconds per token
-- Reply the replication history of this server's data, and the epoch unless it is gone after a flush
--
-- Atomic, so that no fill lands between tombstone and removal. SET replaces whatever type is there.
local pairs_count = tonumber(ARGV[2])
if ARGV[3] ~= '' then
  local known = redis.call('TYPE', KEYS[2]).ok == 'string'
    and string.match(redis.call('GET', KEYS[2]), '^(%d+)|')
  local minimum = string.match(ARGV[3], '^(%d+)|')
  if not known or tonumber(known) < tonumber(minimum) then redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[1]) end
end
if ARGV[4] ~= '' then
  local known, history
  if redis.call('TYPE', KEYS[3]).ok == 'string' then
    known, history = string.match(redis.call('GET', KEYS[3]), '^(%d+)|([^|]*)|')
  end
  local transaction, database = string.match(ARGV[4], '^(%d+)|([^|]*)|')
  if history ~= database or tonumber(known) < tonumber(transaction) then
    redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[1])
  end
end
for index = 1, pairs_count do
  redis.call('SET', KEYS[3 + index * 2], ARGV[4 + index], 'PX', ARGV[1])
  redis.call('DEL', KEYS[2 + index * 2])
end
local key = 4 + pairs_count * 2
for argument = 5 + pairs_count, #ARGV, 2 do
  redis.call('SET', KEYS[key], ARGV[argument], 'PX', ARGV[argument + 1])
  key = key + 1
end
local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return { history } end
return { history, redis.call('GET', KEYS[1]) }
`,
};

export const fillScript = {
  digest: '5a069a8dade605bd8e7cde376a068a6f135eafab',
  text: `#!lua
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
`,
};
