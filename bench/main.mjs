/**
 * What a checked request costs, ours and others', one after the other in rounds that begin with another one each time.
 * Prints one table, in some six minutes. BENCH_ROUNDS, BENCH_SECONDS, BENCH_WARM_UP (seconds at most), BENCH_SESSIONS and
 * BENCH_ONLY (texts that names contain, parted by semicolons) change the run; BENCH_PROFILE (a folder) has every program
 * write a processor profile there.
 */
import { join } from 'node:path';
import pg from 'pg';
import { startSharedServers, stopSharedServers } from '../test/setup/shared-servers.mjs';
import { contenders, floor } from './contenders.mjs';
import { Child, freePort, root } from './support/child.mjs';
import { machine, markdown, median, spread, versions } from './support/figures.mjs';
import { flush, redisUsage } from './support/redis-usage.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const rounds = number('BENCH_ROUNDS', 3);
const seconds = number('BENCH_SECONDS', 4);
const warmUp = number('BENCH_WARM_UP', 8);
const count = number('BENCH_SESSIONS', 1024);
const only = (process.env.BENCH_ONLY ?? '').split(';');
const profiles = process.env.BENCH_PROFILE;
const connections = 64;

/** Steady: two seconds in a row that differ by less than this share. */
const steady = 0.05;

async function createDatabases(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const name of ['ours', 'better']) await client.query(`create database ${name}`);
  await client.end();
}

function environment({ database, env = {} }, port, { postgresUrl, redisUrl }) {
  const postgres = database && { DATABASE_URL: postgresUrl.replace(/postgres$/, database) };
  const redis = env.REDIS_ENABLED !== 'false' && { REDIS_URL: redisUrl };
  return { PORT: String(port), ...postgres, ...redis, ...env };
}

/**
 * Loads a program until it is steady, for at most so many seconds: engines compile what runs often, and the more a program
 * does for a request, the longer that takes. The same rule for everybody. Returns the seconds.
 */
async function warm(name, client, load) {
  let last = 0;
  for (let second = 1; ; second += 1) {
    const { perSecond, failed, statuses } = await client.ask('load', { ...load, seconds: 1 });
    if (failed > 0) console.error(`${name}, warming up: ${JSON.stringify(statuses)}`);
    if (second >= warmUp || Math.abs(perSecond - last) < steady * perSecond) return second;
    last = perSecond;
  }
}

async function measure(name, contender, servers) {
  await flush(servers.redisUrl);
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const execArgv = profiles
    ? ['--cpu-prof', '--cpu-prof-dir', join(profiles, name.replaceAll(/\W+/g, '-'))]
    : [];
  const env = environment(contender, port, servers);
  const child = new Child(contender.program, { env, execArgv, isMeasured: true });
  const client = new Child(join(root, 'bench/support/load.mjs'));
  try {
    await child.listens(port);
    await contender.isReady?.(baseUrl);
    const sessions = (await contender.sessions?.(baseUrl, count)) ?? (await child.ask('sessions', { count }));
    const load = { url: baseUrl + contender.path, sessions, connections };
    const warmedUp = await warm(name, client, load);
    const before = [await child.ask('usage'), await redisUsage(servers.redisUrl)];
    const result = await client.ask('load', { ...load, seconds });
    const after = [await child.ask('usage'), await redisUsage(servers.redisUrl)];
    if (result.failed > 0) console.error(`${name}: ${JSON.stringify(result.statuses)}`);
    const each = (of) => (of(after) - of(before)) / result.answered;
    return {
      ...result,
      warmedUp,
      micros: each(([process]) => process.cpuMicros),
      userMicros: each(([process]) => process.userMicros),
      redisMicros: each(([, redis]) => redis.cpuMicros),
      commands: each(([, redis]) => redis.commands),
      delay: after[0].delayP99Ms,
    };
  } finally {
    await client.kill();
    await (profiles ? child.exit() : child.kill());
  }
}

function row(name, samples, floors) {
  const all = (of) => samples.map(of);
  const toFloor = (of) => samples.map((sample, round) => of(sample) / of(floors?.[round] ?? sample));
  return {
    '': name,
    'requests/s': spread(
      all(({ perSecond }) => perSecond),
      0,
    ),
    'of the floor': median(toFloor(({ perSecond }) => perSecond)).toFixed(2),
    'server CPU µs': spread(
      all(({ micros }) => micros),
      0,
    ),
    'times the floor': median(toFloor(({ micros }) => micros)).toFixed(2),
    'of it in user mode': median(all(({ userMicros }) => userMicros)).toFixed(0),
    'seconds to be steady': String(median(all(({ warmedUp }) => warmedUp))),
    'not 200': String(samples.reduce((sum, { failed }) => sum + failed, 0)),
    'p50 / p99 ms': `${median(all(({ p50 }) => p50))} / ${median(all(({ p99 }) => p99))}`,
    'loop delay p99 ms': median(all(({ delay }) => delay)).toFixed(0),
    'Redis commands': median(all(({ commands }) => commands)).toFixed(2),
    'Redis CPU µs': median(all(({ redisMicros }) => redisMicros)).toFixed(0),
  };
}

const started = await startSharedServers(1);
try {
  const servers = { postgresUrl: started.TEST_POSTGRES_URLS, redisUrl: started.TEST_REDIS_URL };
  await createDatabases(servers.postgresUrl);
  const entries = Object.entries(contenders).filter(([name]) => only.some((text) => name.includes(text)));
  const samples = new Map(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const shift = round % entries.length;
    for (const [name, contender] of [...entries.slice(shift), ...entries.slice(0, shift)]) {
      const sample = await measure(name, contender, servers);
      samples.get(name).push(sample);
      console.error(
        `round ${round + 1}: ${name}: ${sample.perSecond.toFixed(0)}/s, ${sample.micros.toFixed(0)} µs`,
      );
    }
  }
  console.log(machine());
  console.log(
    versions([
      'fastify',
      '@nestjs/core',
      '@nestjs/jwt',
      'ioredis',
      'express',
      'express-session',
      'connect-redis',
      'redis',
      'better-auth',
      'autocannon',
    ]),
  );
  console.log(
    `${rounds} rounds of ${seconds} s, each after warming up for at most ${warmUp}, ${connections} connections, ` +
      `${count} sessions\n`,
  );
  console.log(markdown(entries.map(([name]) => row(name, samples.get(name), samples.get(floor)))));
} finally {
  await stopSharedServers();
}
