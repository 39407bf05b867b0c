/**
 * The application's own services as they are shipped, asked past HTTP. A program of its own because jest would be
 * measured with it: there, every look at a global goes through the sandbox, which more than doubles the cost of opening.
 */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answers, root } from '../support/child.mjs';
import { userAgent } from '../support/agent.mjs';
import { spread } from '../support/spread.mjs';

const compiled = (path) => import(join(root, 'dist', path));
const library = (name) => compiled(`libs/${name}/src/index.js`);
// First and alone: Node 20 cannot require what is being imported at the same time.
const { createApp } = await compiled('apps/api/src/create-app.js');
const [
  { loadConfig, resolveServerSecret },
  { CryptoRandomSource, SystemClock, UnitOfWork },
  { openDatabase },
  { RedisConnection },
  { createLogger },
  { SessionCheck, SignOut },
  { SessionAuthority },
  { AccessTokens },
  { UserRepository },
] = await Promise.all(
  ['config', 'kernel', 'postgres', 'redis', 'telemetry', 'auth', 'sessions', 'tokens', 'users'].map(library),
);

const opening = {
  client: {
    ipAddress: '203.0.113.7',
    userAgent,
    device: { browser: 'Firefox 140', os: 'Linux', kind: 'desktop' },
  },
  profile: 'standard',
};

async function boot() {
  const clock = new SystemClock();
  const config = loadConfig();
  const database = await openDatabase(config.postgres, { clock, onIdleError: () => undefined });
  const runtime = { clock, random: new CryptoRandomSource(), secret: resolveServerSecret(config) };
  const app = await createApp({ config, logger: createLogger(config.logLevel), database, runtime });
  return app.init();
}

const app = await boot();
const [work, users, sessions, check, signOut, tokens] = [
  UnitOfWork,
  UserRepository,
  SessionAuthority,
  SessionCheck,
  SignOut,
  AccessTokens,
].map((service) => app.get(service));

let people = [];
let held = [];
/** Signed once, as clients hold them: a signature that is known is not verified again. */
let texts = [];

/** As a sign-in does it, without the password: one transaction under the lock of the user. */
async function open(user) {
  const session = await work.run(async () => {
    await users.lock(user.id);
    return sessions.issue(user, opening);
  });
  held.push(session);
}

function addPerson() {
  const id = randomUUID();
  const names = { email: `${id}@example.com`, username: null, fullName: 'Ann Example' };
  return users.insert({ id, ...names, role: 'user', passwordHash: 'none', createdAt: new Date() });
}

function tokenOf({ id, userId, authenticatedAt, expiresAt }) {
  const claims = { userId, sessionId: id, tokenId: id.slice(0, 22), authenticatedAt, notAfter: expiresAt };
  return tokens.issue(claims).text;
}

/** So many new people, who hold nothing yet. */
answers('people', async ({ count }) => {
  [held, texts] = [[], []];
  people = [];
  await spread(Array.from({ length: count }), 5, async () => people.push(await addPerson()));
});

/** A session for each. */
answers('open', ({ callers }) => spread(people, callers, open));

/** So many sessions of one more person. */
answers('hoard', async ({ count }) => {
  people = [await addPerson()];
  [held, texts] = [[], []];
  await spread(Array.from({ length: count }), 1, () => open(people[0]));
});

answers('check', ({ count, callers }) => {
  if (texts.length === 0) texts = held.slice(0, count).map(tokenOf);
  return spread(texts, callers, (text) => check.authenticate(text));
});

answers('end', async () => {
  const started = performance.now();
  const { count, propagation } = await signOut.everywhere(people[0].id);
  return { ms: performance.now() - started, count, propagation };
});

answers('ready', async () => {
  while (!app.get(RedisConnection).isAvailable) await pause(50);
});
