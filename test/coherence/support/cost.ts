import { eventually, type RedisProcess } from '@app/testing';
import type { Fleet } from './fleet.js';

/** For `Fleet.start`: names the program behind each logged statement; the feed's own connections have another name. */
export const loggingStatements = { log_statement: 'all', log_line_prefix: '<%a> ' };

/** Takes the same way as the statements themselves, so that whatever was sent before it stands before it. */
async function mark(fleet: Fleet): Promise<string> {
  marks += 1;
  const name = `mark ${process.pid}.${marks}.`;
  await fleet.sql(`select '${name}'`);
  await eventually(() => fleet.postgres.output.includes(name), {
    describe: `${name} in the log of Postgres`,
  });
  return name;
}

let marks = 0;

/**
 * The statements of the product meanwhile, with begin and commit, as Postgres logs them. Those of its feed are left
 * out; rounds of background work are not.
 */
export async function statementsDuring(fleet: Fleet, work: () => Promise<unknown>): Promise<string[]> {
  const from = await mark(fleet);
  await work();
  const to = await mark(fleet);
  const { output } = fleet.postgres;
  const log = output.slice(output.indexOf(from), output.indexOf(to));
  return [...log.matchAll(/^<rollcall> LOG: {2}(?:statement|execute [^:]+): (.*)$/gm)].map(
    ([, text]) => text!,
  );
}

/** What came to Redis meanwhile, by name and without what this function itself sends. */
export async function commandsDuring(
  redis: RedisProcess,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await calls(redis);
  await work();
  const after = await calls(redis);
  const own = new Set(['info', 'client', 'client|setinfo', 'hello']);
  const differences = Object.entries(after).map(
    ([name, count]) => [name, count - (before[name] ?? 0)] as const,
  );
  return Object.fromEntries(differences.filter(([name, count]) => count > 0 && !own.has(name)));
}

async function calls(redis: RedisProcess): Promise<Record<string, number>> {
  const stats = String(await redis.command('INFO', 'commandstats'));
  return Object.fromEntries(
    [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, count]) => [name, Number(count)]),
  );
}

/**
 * The least of some tries. Background work may fall into one and only ever adds; what the request itself costs is
 * there every time.
 */
export async function least(tries: number, measure: () => Promise<number>): Promise<number> {
  const counts: number[] = [];
  for (let index = 0; index < tries; index += 1) counts.push(await measure());
  return Math.min(...counts);
}
