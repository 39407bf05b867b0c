/**
 * better-auth on node:http, Postgres as its database and Redis as its secondary storage. Its cookie cache is off, since
 * with it a revoked session is accepted until the cache's time is over. Its limits are off as everybody's here.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { Redis } from 'ioredis';
import pg from 'pg';
import { answers } from '../support/child.mjs';
import { spread } from '../support/spread.mjs';

const redis = new Redis(process.env.REDIS_URL);
const port = Number(process.env.PORT);

/** Sessions are opened by the thousand before anything is measured; a check hashes no password. */
const digest = (password) => createHash('sha256').update(password).digest('hex');

const options = {
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'b7e1c09d42f85a36b7e1c09d42f85a36',
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL }),
  secondaryStorage: {
    get: (key) => redis.get(`better:${key}`),
    set: (key, value, ttl) =>
      ttl ? redis.set(`better:${key}`, value, 'EX', ttl) : redis.set(`better:${key}`, value),
    delete: (key) => redis.del(`better:${key}`),
    getAndDelete: (key) => redis.getdel(`better:${key}`),
    increment: (key) => redis.incr(`better:${key}`),
  },
  emailAndPassword: {
    enabled: true,
    password: {
      hash: async (text) => digest(text),
      verify: async ({ hash, password }) => digest(password) === hash,
    },
  },
  // Off unless told, so that a check reads Redis alone.
  session: { storeSessionInDatabase: process.env.BOTH_STORES === 'true' },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};

const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
const { internalAdapter } = await auth.$context;
const handle = toNodeHandler(auth);
createServer((request, reply) => void handle(request, reply)).listen(port, '127.0.0.1');

answers('sessions', async ({ count }) => {
  const sessions = [];
  while (sessions.length < count) {
    const email = `person${sessions.length}.${process.pid}@example.com`;
    const { headers } = await auth.api.signUpEmail({
      body: { email, name: 'Ann Example', password: 'seven plain words make a phrase' },
      returnHeaders: true,
    });
    sessions.push({ cookie: headers.getSetCookie()[0].split(';')[0] });
  }
  return sessions;
});

let people = [];

/** So many new people, who hold nothing yet. */
answers('people', async ({ count }) => {
  people = [];
  await spread(Array.from({ length: count }), 5, async () => {
    const email = `${randomUUID()}@example.com`;
    people.push(await internalAdapter.createUser({ email, name: 'Ann Example', emailVerified: false }));
  });
});

/** A session for each, as a sign-in opens it. */
answers('open', ({ callers }) => spread(people, callers, ({ id }) => internalAdapter.createSession(id)));
