// Made by scripts/build-lua.mjs from lua/*.lua.

export const limitScript = {
  digest: '704a5d4979b0be45993c06d3b820217014ee7192',
  text: `#!lua
-- Judges requests under several rules each, one request after the other, by the clock of this server.
--
-- KEYS  rate_limit:<policy>:<subject digest>, each once
-- ARGV  1 mode: consume, check, penalise, reward   2 "" or the time in microseconds, for tests
--       3 JSON, the rules: [kind (l log, w window, b bucket), limit or burst, window or interval in microseconds,
--         first and longest block in microseconds (0, 0: the rule has none)]
--       4 JSON, the requests: three integers per claim, its key and its rule by number from 1, and its cost
-- Reply JSON, four integers per claim: 0 refused, 1 allowed or 2 blocked; remaining; wait and reset in microseconds
--
-- Atomic, because between reading a standing and writing it another request would pass on the same unit; and over
-- all claims, so that a request refused by one rule costs nothing in the others. Several requests share a call, its
-- reads and its writes, because a call costs more than a judgement; numbers travel as text, because an argument and an
-- item of a reply cost more still. The arithmetic is that of the domain functions. A standing is a string: a letter for
-- its kind, in capitals if followed by strikes (1 byte) and the end of the last block (7 bytes), then big-endian times
-- (7 bytes) and counts (4 bytes): l: the time of each unit; w: start, previous, current; b: when the bucket is full.
-- Anything else is nothing. Not when memory is full: each instance then limits by itself.
local mode = ARGV[1]
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local unpack_all = unpack
local sub, upper, format = string.sub, string.upper, string.format
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
local rules, requests = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
-- By number of the key: its standing as the requests so far have left it, and how long what they changed lives.
local states, lives = redis.call('MGET', unpack_all(KEYS)), {}

-- Returns: fits, remaining, wait, reset, is blocked, standing after, its life.
local function judge(state, rule, cost)
  local kind, first_block, longest_block = rule[1], rule[4], rule[5]
  local strikes, until_time, at = 0, 0, 2
  local tag = sub(state, 1, 1)
  if tag ~= kind then
    if tag ~= upper(kind) or #state < 9 then state = ''
    else
      at = 10
      if first_block > 0 then
        strikes, until_time = unpack('>I1I7', state, 2)
        until_time = min(until_time, now + longest_block)
        if strikes > 0 and now >= until_time + min(first_block * 2 ^ (strikes - 1), longest_block) then
          strikes, until_time = 0, 0
        end
      end
    end
  end
  if until_time > now and mode ~= 'reward' then return false, 0, until_time - now, until_time - now, true end

  local is_blocked = until_time > now
  local fits, left, wait, reset, after, life = algorithms[kind](state, at, rule[2], rule[3], cost, forced)
  if not fits and first_block > 0 and mode ~= 'reward' then
    strikes = min(strikes + 1, 30)
    until_time = now + min(first_block * 2 ^ (strikes - 1), longest_block)
    left, wait, reset, after, life, is_blocked = 0, until_time - now, until_time - now, '', 0, true
  elseif not fits then reset = wait end
  if first_block == 0 then return fits, left, wait, reset, is_blocked, kind .. after, life end
  if strikes > 0 then
    life = max(life, until_time + min(first_block * 2 ^ (strikes - 1), longest_block) - now)
  end
  return fits, left, wait, reset, is_blocked, upper(kind) .. pack('>I1I7', strikes, until_time) .. after, life
end

-- Of the request at hand, by place of its claims; used again for the next, since tables cost as much as judging.
local statuses, lefts, waits, resets, afters, after_lives = {}, {}, {}, {}, {}, {}

-- Whether all of its claims are allowed.
local function weigh(request)
  local place, allowed = 0, true
  for index = 1, #request, 3 do
    place = place + 1
    local cost = request[index + 2]
    if mode == 'reward' then cost = -cost end
    local fits, is_blocked
    fits, lefts[place], waits[place], resets[place], is_blocked, afters[place], after_lives[place] =
      judge(states[request[index]] or '', rules[request[index + 1]], cost)
    statuses[place] = is_blocked and 2 or fits and 1 or 0
    allowed = allowed and fits
  end
  return allowed
end

local replies = {}
for _, request in ipairs(requests) do
  local place, allowed = 0, weigh(request)
  for index = 1, #request, 3 do
    place = place + 1
    local key, left = request[index], lefts[place]
    -- Of a refused request only what has started a block is kept.
    if mode ~= 'check' and afters[place] and (allowed or forced or statuses[place] == 2) then
      states[key], lives[key] = afters[place], after_lives[place]
    end
    if mode == 'consume' and not allowed and statuses[place] == 1 then left = left + request[index + 2] end
    -- Formatting integers takes a third of what joining them as numbers does.
    replies[#replies + 1] = format('%d,%d,%d,%d', statuses[place], left, waits[place], resets[place])
  end
end
for key, life in pairs(lives) do
  if life > 0 then redis.call('SET', KEYS[key], states[key], 'PX', ceil(life / 1000))
  elseif forced then redis.call('DEL', KEYS[key]) end
end
return '[' .. table.concat(replies, ',') .. ']'
`,
};
