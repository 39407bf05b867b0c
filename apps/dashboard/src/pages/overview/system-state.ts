import { duration } from '../../components/time';
import type { Stats, System } from './overview-api';

export interface Trouble {
  readonly title: string;
  readonly text: string;
  readonly isSerious: boolean;
}

/** Seconds behind which a reader of the log shows on this page as late. */
const lateSeconds = 60;

/** Milliseconds; the feed of a healthy instance is younger. */
const oldFeedMs = 1_000;

function ofRedis({ redis }: System): Trouble[] {
  if (!redis.configured || (redis.available && redis.breaker === 'closed')) return [];
  return [
    {
      title: 'Redis does not answer',
      text: 'Nobody is signed out: PostgreSQL answers meanwhile, slower. It is tried again every moment.',
      isSerious: false,
    },
  ];
}

function ofPostgres({ postgres }: System): Trouble[] {
  if (postgres.breaker === 'open')
    return [
      {
        title: 'PostgreSQL does not answer',
        text: 'Sessions used within the last hour go on; signing in and every change wait for it.',
        isSerious: true,
      },
    ];
  if (postgres.pool.waiting === 0) return [];
  return [
    {
      title: 'Requests wait for a connection',
      text: `${postgres.pool.waiting} wait for one of ${postgres.pool.total} connections to PostgreSQL.`,
      isSerious: false,
    },
  ];
}

function ofFeed({ feed }: System): Trouble[] {
  if (feed.age_ms <= oldFeedMs) return [];
  return [
    {
      title: 'This instance hears late of ended sessions',
      text: `For ${duration(Math.max(1, Math.round(feed.age_ms / 1_000)))} it has asked PostgreSQL about every request, which is safe and slow.`,
      isSerious: false,
    },
  ];
}

function ofInstances({ instances }: System): Trouble[] {
  const fenced = instances.filter(({ is_fenced: isFenced }) => isFenced);
  if (fenced.length === 0) return [];
  const names = fenced.map(({ name }) => name).join(', ');
  return [
    {
      title: fenced.length === 1 ? 'An instance is cut off' : `${fenced.length} instances are cut off`,
      text: `Nothing waits for ${names} any more, and it answers nothing from its memory until it has caught up.`,
      isSerious: false,
    },
  ];
}

function ofWork({ readers, jobs }: System): Trouble[] {
  const late = readers
    .filter(({ lag_seconds: lag }) => lag > lateSeconds)
    .map(({ name, lag_seconds: lag }) => ({
      title: `“${name}” is late`,
      text: `What it makes of events is ${duration(Math.round(lag))} behind. Nothing is lost.`,
      isSerious: false,
    }));
  const failed = jobs
    .filter(({ has_succeeded: hasSucceeded }) => !hasSucceeded)
    .map(({ name }) => ({
      title: `The job “${name}” has failed`,
      text: 'It is tried again by itself; the log of the instance tells why.',
      isSerious: false,
    }));
  return [...late, ...failed];
}

/** What is not as it should be, in words; empty when all is well. */
export function troublesOf(system: System): readonly Trouble[] {
  return [ofPostgres, ofRedis, ofFeed, ofInstances, ofWork].flatMap((find) => find(system));
}

/** How soon the end of a session is known everywhere, in words. */
export function revocationText({ revocations: { lag_ms: lag, instances } }: Stats): string {
  const where = instances === 1 ? 'one instance' : `${instances} instances`;
  return lag === null ? where : `${lag} ms behind, ${where}`;
}
