import { OverloadedError, ServerSecret, type UserId } from '@app/kernel';
import { RateLimitedError, SubjectDigests } from '@app/rate-limit';
import { FakeClock, type OpenStore, openStores } from '@app/testing';
import { InvalidCredentialsError } from '../src/index.js';
import type { LedgerEntry } from '../src/domain/protection/failure-ledger.js';
import { DrizzleFailureLedger } from '../src/infrastructure/postgres/drizzle-failure-ledger.js';
import { DrizzleSingleUse } from '../src/infrastructure/postgres/drizzle-single-use.js';
import { KnownNetworks } from '../src/infrastructure/postgres/known-networks.js';
import { startInstance, stopInstances, wish } from './installation.js';

let made = 0;

describe.each(openStores)('on %s', (_driver, open) => {
  let store: OpenStore;
  let clock: FakeClock;

  beforeAll(async () => {
    store = await open();
  });
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(stopInstances);
  afterAll(() => store.close());

  describe(DrizzleFailureLedger.name, () => {
    const ledger = () => new DrizzleFailureLedger(store.database, store.database);
    const at = () => clock.now().getTime();

    /** Of a subject that no other test uses. */
    function entry(failures: number, of: Partial<LedgerEntry> = {}): LedgerEntry {
      made += 1;
      const record = { failures, waitUntil: at() + failures * 1_000, forgottenAt: at() + 60_000 };
      return { subject: `subject-${made}`, account: `account-${made}`, userId: null, record, ...of };
    }
    const grown = (of: LedgerEntry): LedgerEntry => ({ ...entry(of.record.failures + 1), ...pick(of) });
    const pick = ({ subject, account }: LedgerEntry) => ({ subject, account });

    it('gives back what was counted, step by step', async () => {
      const first = entry(1);
      expect(await ledger().read([first.subject])).toEqual(new Map());
      expect(await ledger().count([first], clock.now())).toBe(true);
      const next = grown(first);
      expect(await ledger().count([next], clock.now())).toBe(true);
      expect(await ledger().read([first.subject, 'another'])).toEqual(
        new Map([[first.subject, next.record]]),
      );
    });

    it('counts for one of many that have seen the same', async () => {
      const first = entry(1);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => ledger().count([first], clock.now())),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
    });

    it('counts all subjects of an attempt or none', async () => {
      const [stale, fresh] = [entry(1), entry(1)];
      await ledger().count([stale], clock.now());
      expect(await ledger().count([stale, fresh], clock.now())).toBe(false);
      expect(await ledger().read([fresh.subject])).toEqual(new Map());
    });

    it('begins anew after a record is forgotten, and not before', async () => {
      const first = entry(1);
      await ledger().count([first], clock.now());
      await ledger().count([grown(first)], clock.now());
      expect(await ledger().count([first], clock.now())).toBe(false);
      clock.advance(60_000);
      const again = { ...entry(1), ...pick(first) };
      expect(await ledger().count([again], clock.now())).toBe(true);
    });

    it('takes an attempt back unless another one came after it', async () => {
      const first = entry(1);
      const before = { ...first, record: { ...first.record, failures: 0 } };
      await ledger().count([first], clock.now());
      await ledger().takeBack([before]);
      expect((await ledger().read([first.subject])).get(first.subject)).toMatchObject({ failures: 0 });
      await ledger().count([first], clock.now());
      await ledger().count([grown(first)], clock.now());
      await ledger().takeBack([before]);
      expect((await ledger().read([first.subject])).get(first.subject)).toMatchObject({ failures: 2 });
    });

    it('forgives subjects, or everything about an account', async () => {
      const [one, other] = [entry(1, { account: 'ann' }), entry(1, { account: 'ann' })];
      await ledger().count([one, other], clock.now());
      await ledger().forgive([one.subject]);
      expect([...(await ledger().read([one.subject, other.subject])).keys()]).toEqual([other.subject]);
      await ledger().forgiveAccounts(['ann', 'bob']);
      expect(await ledger().read([other.subject])).toEqual(new Map());
    });

    it('purges what is forgotten, and nothing else [v5.0.0-14.2.7]', async () => {
      const old = entry(1);
      await ledger().count([old], clock.now());
      clock.advance(60_000);
      const current = entry(1);
      await ledger().count([current], clock.now());
      await ledger().purge(clock.now());
      expect([...(await ledger().read([old.subject, current.subject])).keys()]).toEqual([current.subject]);
    });
  });

  describe(KnownNetworks.name, () => {
    const devices = () =>
      new KnownNetworks(store.database, new SubjectDigests(new ServerSecret(Buffer.alloc(32))), clock);
    const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;

    it('knows a user where he was remembered, for thirty days after the last time', async () => {
      const [home, away] = [
        { userId, network: '192.0.2.1' },
        { userId, network: '192.0.2.2' },
      ];
      await devices().remember(home);
      expect([await devices().isKnown(home), await devices().isKnown(away)]).toEqual([true, false]);
      expect(await devices().isKnown({ userId: null, network: home.network })).toBe(false);
      clock.advance(29 * 86_400_000);
      await devices().remember(home);
      clock.advance(29 * 86_400_000);
      await devices().purge();
      expect(await devices().isKnown(home)).toBe(true);
      clock.advance(86_400_000);
      expect(await devices().isKnown(home)).toBe(false);
      await devices().purge();
    });
  });

  describe(DrizzleSingleUse.name, () => {
    it('lets one of many spend a challenge, and keeps it until it has expired', async () => {
      const spent = new DrizzleSingleUse(store.database);
      made += 1;
      const proof = { id: `challenge-${made}`, expiresAt: new Date(clock.now().getTime() + 120_000) };
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => spent.spend(proof)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      await spent.purge(clock.now());
      expect(await spent.spend(proof)).toBe(false);
      await spent.purge(proof.expiresAt);
      expect(await spent.spend(proof)).toBe(true);
    });
  });

  it('hears five wrong passwords of many that come at once to several instances', async () => {
    const instances = await Promise.all(
      [1, 2, 3].map(() => startInstance(store.database, clock, { rateLimit: { enabled: true } })),
    );
    made += 1;
    const login = { email: `guessed${made}@corp.test` };
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        instances[index % 3]!.signIn.withPassword(login, 'a wrong guess', wish).catch(
          (error: unknown) => error,
        ),
      ),
    );
    const kinds = outcomes.map((error) => (error as Error).constructor);
    expect(kinds.filter((kind) => kind === InvalidCredentialsError)).toHaveLength(5);
    expect(new Set(kinds)).toEqual(new Set([InvalidCredentialsError, RateLimitedError]));
    expect(kinds).not.toContain(OverloadedError);
  });
});
