import type { CleanupConfig, TokensConfig } from '@app/config';
import type { LogReaders, ReaderStatus } from '@app/event-log';
import type { InstanceOverview, SeenInstance } from '@app/sessions';
import { FakeClock } from '@app/testing';
import { type SigningKeyReport, type SigningKeyRotation, WrongSecretKeyError } from '@app/tokens';
import type { Found } from '../domain/found.js';
import type { InstallationExam } from '../domain/installation-exam.js';
import { InstallationCheck } from './installation-check.js';

const clock = new FakeClock();
const minute = 60_000;
const day = 24 * 60 * minute;
const ago = (milliseconds: number): Date => new Date(clock.now().getTime() - milliseconds);

interface Installation {
  readonly keys: readonly Partial<SigningKeyReport>[];
  readonly proof: Promise<void>;
  readonly readers: readonly ReaderStatus[];
  readonly instances: readonly Partial<SeenInstance>[];
  readonly bulkEnds: readonly string[];
  readonly mail: number;
  readonly forgettable: number;
  readonly crowd: { readonly people: number; readonly share: number };
  readonly trustProxy: number;
}

const signing = { kid: 'k1', state: 'signing', signsFrom: ago(92 * day) } as const;
const next = { kid: 'k2', state: 'next', signsFrom: null } as const;

/** Each as near to a finding as it may come. */
const sound: Installation = {
  keys: [next, signing],
  proof: Promise.resolve(),
  readers: [
    { name: 'audit', oldestUnread: ago(10 * minute) },
    { name: 'mail', oldestUnread: null },
  ],
  instances: [{ name: 'api-1', silentMs: 1_399, isFenced: false }],
  bulkEnds: [],
  mail: 0,
  forgettable: 0,
  crowd: { people: 20, share: 0.89 },
  trustProxy: 0,
};

function run(change: Partial<Installation>): Promise<Found[]> {
  const { keys, proof, readers, instances, bulkEnds, mail, forgettable, crowd, trustProxy } = {
    ...sound,
    ...change,
  };
  const check = new InstallationCheck(
    {
      stuckBulkEnds: async () => bulkEnds,
      mailDue: async () => mail,
      forgettable: async () => forgettable,
      crowd: async () => crowd,
    } as unknown as InstallationExam,
    { list: async () => keys, proveSecret: () => proof } as unknown as SigningKeyRotation,
    { status: async () => readers } as unknown as LogReaders,
    { list: async () => instances } as unknown as InstanceOverview,
    clock,
  );
  const tokens = { keyRotationSeconds: 90 * 86_400 } as TokensConfig;
  return check.run({ cleanup: { historyDays: 90 } as CleanupConfig, tokens, trustProxy });
}

const wrongSecret = Promise.reject<void>(new WrongSecretKeyError('of another installation'));
wrongSecret.catch(() => undefined);

const cases: readonly (readonly [change: Partial<Installation>, ...found: Found[]])[] = [
  [{}],
  [{ keys: [] }, ['keys.none', 'nothing is published']],
  [{ keys: [signing] }, ['keys.no_successor', 'k1']],
  [{ keys: [next, { ...signing, signsFrom: ago(92 * day + 1) }] }, ['keys.old', 'k1 signs for 92 days']],
  [{ proof: wrongSecret }, ['keys.other_secret', 'k1']],
  [
    { readers: [{ name: 'audit', oldestUnread: ago(11 * minute) }] },
    ['readers.lagging', `audit since ${ago(11 * minute).toISOString()}`],
  ],
  [{ instances: [{ name: 'api-1', silentMs: 1_500, isFenced: false }] }, ['instances.silent', 'api-1']],
  [
    {
      instances: [
        { name: 'api-1', silentMs: 0, isFenced: true },
        { name: 'api-2', silentMs: 0, isFenced: true },
      ],
    },
    ['instances.fenced', 'api-1, api-2'],
  ],
  [{ bulkEnds: ['7', '8'] }, ['jobs.bulk_end_stuck', '7, 8']],
  [{ mail: 3 }, ['jobs.mail_stuck', '3 mails']],
  [{ forgettable: 12 }, ['jobs.cleanup_behind', '12 sessions']],
  [{ crowd: { people: 20, share: 0.9 } }, ['config.one_address', '90 % of the sessions of 20 people']],
  [{ crowd: { people: 19, share: 1 } }],
  [{ crowd: { people: 20, share: 1 }, trustProxy: 1 }],
];

describe(InstallationCheck.name, () => {
  it('finds nothing wrong with a sound installation, and each thing that is wrong with another', async () => {
    // Side by side: each waits a second and a half for signs of life.
    const found = await Promise.all(cases.map(([change]) => run(change)));
    expect(found).toEqual(cases.map(([, ...expected]) => expected));
  });
});
