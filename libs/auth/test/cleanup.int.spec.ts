import type { TokenId } from '@app/kernel';
import { Database, ServerDriver } from '@app/postgres';
import { createMigratedDatabase, FakeClock, openPatiently, type TestDatabase } from '@app/testing';
import { sql } from 'drizzle-orm';
import { type CleanedUp, Cleanup } from '../src/application/cleanup.js';
import { wish, type Instance, startInstance, stopInstances } from './installation.js';

const day = 86_400_000;
const lifetime = 7 * day;
const history = 90 * day;

let home: TestDatabase;
let database: Database;
let clock: FakeClock;
let instance: Instance;

const unexpected = (error: Error): never => {
  throw error;
};

beforeEach(async () => {
  home = await createMigratedDatabase();
  database = await openPatiently(home.url);
  clock = new FakeClock();
  instance = await startInstance(database, clock);
});

afterEach(async () => {
  await stopInstances();
  await database.close();
  await home.drop();
});

const register = (name: string) =>
  instance.registration.register(
    { email: `${name}@corp.test`, username: null, fullName: null, password: 'quiet blue lamp' },
    wish,
  );

const removed = (some: Partial<CleanedUp>): CleanedUp => ({
  revokedTokens: 0,
  sessions: 0,
  shares: 0,
  bulkEnds: 0,
  events: 0,
  ...some,
});

async function count(table: 'sessions' | 'revoked_tokens' | 'event_log'): Promise<number> {
  const [row] = await database.query((orm) =>
    orm.select({ rows: sql<number>`count(*)::int` }).from(sql`${sql.identifier(table)}`),
  );
  return row!.rows;
}

async function revokeTokens(from: number, to: number, expiresAt: Date): Promise<void> {
  const { user, session } = await register(`holder${from}`);
  await database.query((orm) =>
    orm.execute(sql`
      insert into revoked_tokens (jti, user_id, session_id, expires_at)
      select 'token-' || n, ${user.id}, ${session.id}, ${expiresAt.toISOString()}::timestamptz
      from generate_series(${from}::int, ${to - 1}::int) n`),
  );
}

describe(Cleanup.name, () => {
  it('forgets a blacklisted token a minute after it has died by itself, and not sooner', async () => {
    const expiresAt = new Date(clock.now().getTime() + 600_000);
    await revokeTokens(0, 3, expiresAt);
    clock.advance(660_000);
    expect(await instance.cleanup.run()).toEqual(removed({}));
    expect(await instance.revokedTokens.isRevoked('token-0' as TokenId)).toBe(true);

    clock.advance(1);
    expect(await instance.cleanup.run()).toEqual(removed({ revokedTokens: 3 }));
    expect(await count('revoked_tokens')).toBe(0);
  });

  it('keeps ended sessions as long as they are to be remembered, to the second, and the log as long as it is to be kept', async () => {
    const { session, user } = await register('ann');
    await instance.authority.end(session.id, { userId: user.id }, 'signout');
    const events = await count('event_log');
    clock.advance(history);
    expect(await instance.cleanup.run()).toEqual(removed({}));
    clock.advance(lifetime);
    expect(await instance.cleanup.run()).toEqual(removed({ events }));
    clock.advance(1);
    const young = await instance.signIn.withPassword({ email: user.email }, 'quiet blue lamp', wish);
    expect(await instance.cleanup.run()).toEqual(removed({ sessions: 1 }));

    expect(await instance.authority.find(session.id)).toBeNull();
    expect(await instance.authority.find(young.session.id)).not.toBeNull();
    expect(await count('event_log')).toBe(1);
    expect(await instance.cleanup.run()).toEqual(removed({}));
  });

  it('goes on, batch by batch, until nothing is left', async () => {
    await revokeTokens(0, 1_203, clock.now());
    clock.advance(day);
    const statements = jest.spyOn(instance.revokedTokens, 'purge');

    expect((await instance.cleanup.run()).revokedTokens).toBe(1_203);
    expect(statements).toHaveBeenCalledTimes(3);
    expect(await count('revoked_tokens')).toBe(0);
  });

  it('is done by one instance at a time', async () => {
    const other = await startInstance(database, clock);
    await revokeTokens(0, 10, clock.now());
    clock.advance(day);
    await database.run(async () => {
      // As an instance in the middle of a batch.
      expect(await database.claim('cleanup')).toBe(true);
      const second = new Database(new ServerDriver(home.url, 1, unexpected));
      expect(await second.run(() => second.claim('cleanup'))).toBe(false);
      await second.close();
    });
    const runs = await Promise.all([instance.cleanup.run(), other.cleanup.run()]);

    expect(runs.reduce((sum, { revokedTokens }) => sum + revokedTokens, 0)).toBe(10);
  });
});
