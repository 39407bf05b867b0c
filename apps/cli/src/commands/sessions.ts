import { AccountControl, type OwnedSession, SessionOverview } from '@app/auth';
import { Clock, parseSessionId } from '@app/kernel';
import {
  SessionNotFoundError,
  type SessionPlace,
  type SessionSearch,
  SessionTermination,
} from '@app/sessions';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, Option } from 'commander';
import type { Cli, Outcome } from '../cli.js';
import { UsageError } from '../exit-codes.js';
import { withAccounts } from '../installation.js';
import {
  actOf,
  conditionsIn,
  count,
  filterOf,
  type FilterOptions,
  type ReasonOption,
  userOf,
  withFilter,
  withReason,
} from '../options.js';
import { presented, sessionTable } from '../present-sessions.js';
import { propagated } from '../propagation.js';
import { bulkEnd, dryRun } from './bulk-end.js';

const pageSize = 100;
const states = ['live', 'ended', 'expired'];

interface ListOptions extends FilterOptions {
  readonly state: NonNullable<SessionSearch['state']>;
  readonly limit: number;
}

interface EndOptions extends FilterOptions, ReasonOption {
  readonly dryRun?: true;
  readonly expect?: number;
}

export function addSessions(cli: Cli, program: Command): void {
  const sessions = cli.group(program, 'sessions', 'who is signed in');
  cli.leaf<ListOptions>(
    sessions,
    {
      usage: 'list',
      summary: 'show sessions, newest first',
      examples: ['sessions list --user ann@example.com', 'sessions list --network 203.0.113.0/24 --json'],
    },
    (command) =>
      withFilter(command)
        .addOption(new Option('--state <state>', 'what became of them').choices(states).default('live'))
        .option('--limit <number>', 'at most so many', count({ min: 1, max: 10_000 }), 50),
    (options) => withAccounts((parts) => list(parts, options), cli.warn),
  );
  cli.leaf<EndOptions>(
    sessions,
    {
      usage: 'end [session]',
      summary:
        'end one session, all of a person (--user alone), or all that meet a filter: first with --dry-run, ' +
        'then with the number that it told as --expect',
      examples: [
        'sessions end 3f9c…',
        'sessions end --user ann@example.com --reason "laptop stolen"',
        'sessions end --network 203.0.113.0/24 --dry-run',
        'sessions end --network 203.0.113.0/24 --expect 214',
      ],
    },
    (command) =>
      withReason(withFilter(command))
        .option('--dry-run', 'count them and show some')
        .option('--expect <number>', 'how many there should be', count({ min: 0, max: 100_000_000 })),
    (options, id) => withAccounts((parts) => end(cli, parts, options, id), cli.warn),
  );
}

async function list(parts: INestApplicationContext, options: ListOptions): Promise<Outcome> {
  const overview = parts.get(SessionOverview, { strict: false });
  const search = { ...(await filterOf(parts, options)), state: options.state };
  const found: OwnedSession[] = [];
  let after: SessionPlace | null = null;
  do {
    const page = await overview.list(search, { size: pageSize, after });
    found.push(...page.sessions);
    after = page.next;
  } while (after && found.length < options.limit);
  const shown = found.slice(0, options.limit);
  const isAll = after === null && shown.length === found.length;
  const text = sessionTable(shown, parts.get(Clock, { strict: false }).now());
  return {
    text: isAll ? text : `${text}\n\nThere may be more: --limit`,
    json: { sessions: shown.map(presented), is_complete: isAll },
  };
}

async function end(
  cli: Cli,
  parts: INestApplicationContext,
  options: EndOptions,
  text: string | undefined,
): Promise<Outcome> {
  const conditions = conditionsIn(options);
  const isOne = text !== undefined;
  if (isOne === conditions > 0) throw new UsageError('name one session, or conditions such as --user');
  if (isOne && (options.dryRun || options.expect !== undefined))
    throw new UsageError('--dry-run and --expect are for conditions');
  if (isOne) return endOne(parts, options, text);
  const filter = await filterOf(parts, options);
  if (options.dryRun) return dryRun(parts, filter);
  if (options.expect !== undefined)
    return bulkEnd(cli, parts, { filter, expected: options.expect, act: actOf(options) });
  if (options.user === undefined || conditions > 1)
    throw new UsageError('say --dry-run first, then --expect with the number that it told');
  const id = await userOf(parts, options.user);
  const ended = await parts.get(AccountControl, { strict: false }).signOut(id, actOf(options));
  const told = { text: `${ended.count} sessions ended`, json: { id, sessions_ended: ended.count } };
  return propagated(ended.propagation, told);
}

async function endOne(parts: INestApplicationContext, options: ReasonOption, text: string): Promise<Outcome> {
  const id = parseSessionId(text);
  if (!id) throw new SessionNotFoundError();
  const ended = await parts.get(SessionTermination, { strict: false }).one(id, actOf(options));
  return propagated(ended.propagation, {
    text: `ended ${ended.at.toISOString()} (${ended.reason})`,
    json: { id, end_reason: ended.reason, ended_at: ended.at },
  });
}
