import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { userAgent } from './support/agent.mjs';
import { root } from './support/child.mjs';

export const floor = 'Nest on Fastify, no check';

const target = (file) => join(root, 'bench/targets', file);
const openedAtOnce = 4;

/** Sessions of ours are rows in one database, whatever instance serves them. */
let opened = null;
let registered = 0;

/** Longest that an access token may live is 900 s; they are opened anew well before. */
const reuseMs = 480_000;

async function register(baseUrl) {
  registered += 1;
  const body = {
    email: `person${registered}@example.com`,
    password: 'seven plain words make a phrase',
    full_name: 'Ann Example',
    transport: 'bearer',
  };
  const reply = await fetch(`${baseUrl}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify(body),
  });
  // A busy machine lets statements run into their time limits; clients come again.
  if (reply.status === 503) return pause(1_000).then(() => register(baseUrl));
  if (reply.status !== 201) throw new Error(`registered with ${reply.status}: ${await reply.text()}`);
  return { authorization: `Bearer ${(await reply.json()).data.access_token}` };
}

async function sessionsOfOurs(baseUrl, count) {
  // On every instance: what a process does at its first sign-in stays with it for its later requests.
  await register(baseUrl);
  if (opened && performance.now() - opened.at < reuseMs) return opened.sessions;
  const sessions = [];
  const opener = async () => {
    while (sessions.length < count) sessions.push(await register(baseUrl));
  };
  await Promise.all(Array.from({ length: openedAtOnce }, opener));
  opened = { at: performance.now(), sessions: sessions.slice(0, count) };
  return opened.sessions;
}

async function isReady(baseUrl) {
  const deadline = performance.now() + 30_000;
  while ((await (await fetch(`${baseUrl}/ready`)).json()).status !== 'ok') {
    if (performance.now() > deadline) throw new Error('is not ready in time');
    await pause(50);
  }
}

/** As it is shipped, but for the limits, which nobody else here has either. */
function ours(env) {
  return {
    program: join(root, 'dist/bin/api.js'),
    path: '/api/v1/auth/session',
    database: 'ours',
    env: {
      SECRET_KEY: 'b7e1c09d42f85a36b7e1c09d42f85a36b7e1c09d42f85a36b7e1c09d42f85a36',
      RATE_LIMIT_ENABLED: 'false',
      ACCESS_TOKEN_TTL: '900',
      SHUTDOWN_DRAIN: '0',
      ...env,
    },
    sessions: sessionsOfOurs,
    isReady,
  };
}

/** The address and the person are asked for with each request; nobody reaches their limits here. */
const limits = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_GLOBAL: '1000000/1',
  RATE_LIMIT_AUTH: '1000000/60',
  RATE_LIMIT_USER: '1000000/1/1000000',
};

/** Each is a program with a database of its own in one Redis and one PostgreSQL. */
export const contenders = {
  'Fastify, no check': { program: target('fastify.mjs'), path: '/session', sessions: () => [{}] },
  [floor]: { program: target('nest.mjs'), path: '/session', sessions: () => [{}] },
  'Nest, signed token only': { program: target('nest-jwt.mjs'), path: '/session' },
  'Nest, token + blacklist + session + EXPIRE': { program: target('textbook.mjs'), path: '/session' },
  'express-session, connect-redis': { program: target('express-session.mjs'), path: '/session' },
  'better-auth, Redis': {
    program: target('better-auth.mjs'),
    path: '/api/auth/get-session',
    database: 'better',
  },
  'ours, Redis': ours({}),
  'ours, Redis, limits too': ours(limits),
  'ours, Redis and memory': ours({ SESSION_LOCAL_CACHE_MS: '60000' }),
  'ours, Redis and memory, limits too': ours({ SESSION_LOCAL_CACHE_MS: '60000', ...limits }),
  'ours, no Redis': ours({ REDIS_ENABLED: 'false' }),
};
