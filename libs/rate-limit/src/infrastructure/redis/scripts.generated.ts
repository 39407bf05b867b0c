// Made by scripts/build-lua.mjs from lua/*.lua.

export const limitScript = {
  digest: 'f4b4b3513f27bafb8e2de24532c84a3c6e701a26',
  text: `#!lua
-- Judges one request under several rules at once, by the clock of this server.
--
-- KEYS  one per claim: rate_limit:<policy>:<subject digest>
-- ARGV  1 mode: consume, check, penalise, reward   2 "" or the time in microseconds, for tests
--       then six per claim: kind (l log, w window, b bucket), limit or burst, window or interval in
--       microseconds, cost, first and longest block in microseconds (0 0: the rule has none)
-- Reply five integers per claim: allowed, remaining, wait, reset (microseconds), blocked
--
-- Atomic, because between reading a standing and writing it another request would pass on the same unit; and over
-- all keys, so that a request refused by one rule costs nothing in the others. The arithmetic is that of the
-- domain functions. A standing is a string: a letter for its kind, in capitals if followed by strikes (1 byte)
-- and the end of the last block (7 bytes), then big-endian times (7 bytes) and counts (4 bytes):
-- l: the time of each unit; w: start, previous, current; b: when the bucket is full. Anything else is nothing.
-- Not when memory is full: each instance then limits by itself.
local mode = ARGV[1]
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local pack, unpack, floor, ceil, min, max = struct.pack, struct.unpack, math.floor, math.ceil, math.min, math.max

-- Each returns: fits, remaining, wait, reset, state after, its life. Forced costs are counted whether or not they
-- fit, and may be negative.
local function log(state, at, limit, window, cost, forced)
  local length = #state
  local first = at
  -- Times of units never decrease, so only those that have lapsed are looked at, from the oldest on.
  while first + 6 <= length and (unpack('>I7', state, first)) <= now - window do first = first + 7 end
  local units = string.sub(state, first, first + floor((length - first + 1) / 7) * 7 - 1)
  local used = #units / 7
  if used > 0 and unpack('>I7', units, #units - 6) > now then
    -- The clock was put back.
    local parts = {}
    for index = 1, used do parts[index] = pack('>I7', min(unpack('>I7', units, index * 7 - 6), now)) end
    units = table.concat(parts)
  end
  local fits = used + cost <= limit
  local wait = 0
  if not fits then
    local due = used + cost - limit
    wait = (due <= used and unpack('>I7', units, due * 7 - 6) or now) + window - now
  end
  if fits or forced then
    if cost < 0 then units = string.sub(units, 1, max(0, used + cost) * 7)
    elseif cost > 0 then units = units .. string.rep(pack('>I7', now), cost) end
    if #units > limit * 7 then units = string.sub(units, -limit * 7) end
  end
  local count = #units / 7
  if count == 0 then return fits, limit, wait, 0, '', 0 end
  return fits, max(0, limit - count), wait, unpack('>I7', units, 1) + window - now, units,
    unpack('>I7', units, #units - 6) + window - now
end

local function window(state, at, limit, length, cost, forced)
  local start, previous, current = now, 0, 0
  if #state - at + 1 == 15 then
    start, previous, current = unpack('>I7I4I4', state, at)
    if now >= start + 2 * length then start, previous, current = now, 0, 0
    elseif now >= start + length then start, previous, current = start + length, current, 0
    elseif start > now then start = now end
  end
  local estimate = previous * ((length - (now - start)) / length) + current
  local fits = estimate + cost <= limit
  local wait = 0
  if not fits then
    local room = limit - cost
    local due
    if current <= room then due = start + length * (1 - (room - current) / previous)
    else due = start + length + length * (1 - room / current) end
    wait = ceil(due - now) + 1
  end
  local left = limit - estimate
  if fits then left = left - cost end
  if fits or forced then current = max(0, min(limit, current + cost)) end
  return fits, max(0, floor(left)), wait, start + length - now,
    pack('>I7I4I4', start, previous, current), start + 2 * length - now
end

local function bucket(state, at, burst, interval, cost, forced)
  local capacity = burst * interval
  local full = now
  if #state - at + 1 == 7 then full = min(max(unpack('>I7', state, at), now), now + capacity) end
  local following = full + cost * interval
  local fits = following - now <= capacity
  local wait = 0
  if not fits then wait = following - capacity - now end
  if fits or forced then full = max(now, min(following, now + capacity)) end
  return fits, floor((capacity - (full - now)) / interval), wait, full - now, pack('>I7', full), full - now
end

local algorithms = { l = log, w = window, b = bucket }
local forced = mode == 'penalise' or mode == 'reward'
local reply, writes, refused, allowed_costs = {}, {}, false, {}

for index = 1, #KEYS do
  local argument = index * 6 - 3
  local kind, limit, span, cost = ARGV[argument], tonumber(ARGV[argument + 1]), tonumber(ARGV[argument + 2]),
    tonumber(ARGV[argument + 3])
  local first_block, longest_block = tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 5])
  if mode == 'reward' then cost = -cost end
  local state = redis.pcall('GET', KEYS[index])
  if type(state) ~= 'string' then state = '' end
  local strikes, until_time, at = 0, 0, 2
  local tag = string.sub(state, 1, 1)
  if first_block > 0 and tag == string.upper(kind) and #state >= 9 then
    strikes, until_time = unpack('>I1I7', state, 2)
    until_time = min(until_time, now + longest_block)
    at = 10
    if strikes > 0 and now >= until_time + min(first_block * 2 ^ (strikes - 1), longest_block) then
      strikes, until_time = 0, 0
    end
  elseif tag == string.upper(kind) and #state >= 9 then at = 10
  elseif tag ~= kind then state = '' end

  local fits, left, wait, reset, after, life
  local is_blocked = until_time > now
  if is_blocked and mode ~= 'reward' then
    fits, left, wait, reset, after = false, 0, until_time - now, until_time - now, nil
  else
    fits, left, wait, reset, after, life = algorithms[kind](state, at, limit, span, cost, forced)
    if not fits and first_block > 0 and mode ~= 'reward' then
      strikes = min(strikes + 1, 30)
      until_time = now + min(first_block * 2 ^ (strikes - 1), longest_block)
      left, wait, reset, after, life, is_blocked = 0, until_time - now, until_time - now, '', 0, true
    elseif not fits then reset = wait end
  end
  if after then
    if first_block > 0 then
      if strikes > 0 then
        life = max(life, until_time + min(first_block * 2 ^ (strikes - 1), longest_block) - now)
      end
      after = string.upper(kind) .. pack('>I1I7', strikes, until_time) .. after
    else after = kind .. after end
    writes[#writes + 1] = { KEYS[index], after, life, fits }
  end
  if not fits then refused = true end
  allowed_costs[index] = fits and cost or 0
  local base = index * 5
  reply[base - 4], reply[base - 3], reply[base - 2], reply[base - 1], reply[base] =
    fits and 1 or 0, left, wait, reset, is_blocked and 1 or 0
end

if mode == 'check' then return reply end
for _, write in ipairs(writes) do
  -- Of a refused request only what has started a block is kept.
  local is_kept = forced or not refused or (not write[4] and string.find(write[2], '^%u'))
  if is_kept and write[3] > 0 then redis.call('SET', write[1], write[2], 'PX', ceil(write[3] / 1000))
  elseif forced and write[3] <= 0 then redis.call('DEL', write[1]) end
end
if mode == 'consume' and refused then
  for index, cost in ipairs(allowed_costs) do reply[index * 5 - 3] = reply[index * 5 - 3] + cost end
end
return reply
`,
};
