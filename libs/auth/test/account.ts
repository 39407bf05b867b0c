import { type SessionId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { FakeClock, type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { eventsOf, type Instance, startInstance, stopInstances, wish } from './installation.js';

export const password = 'quiet blue lamp';
export const minutes = (count: number): number => count * 60_000;

/** Somebody at the machine. */
export const operator = { by: null, note: null };

let made = 0;

/** An instance and a registered user without a session. */
async function setupOn(database: Database, overrides: Parameters<typeof startInstance>[2]) {
  const clock = new FakeClock();
  const instance = await startInstance(database, clock, overrides);
  made += 1;
  const account = { email: `ann${made}@corp.test`, username: `ann${made}`, fullName: 'Ann Lee', password };
  const { user, session } = await instance.registration.register(account, wish);
  await instance.authority.end(session.id, { userId: user.id }, 'signout');
  const run = (statement: ReturnType<typeof sql>) => database.query((orm) => orm.execute(statement));
  await run(sql`delete from event_log where user_id = ${user.id}`);
  const signIn = (by: Instance = instance) =>
    by.signIn.withPassword({ email: account.email }, password, wish);
  const live = async (): Promise<SessionId[]> => (await instance.authority.list(user.id)).map(({ id }) => id);
  const events = () => eventsOf(database, user.id);
  /** As a change of the password will do it: new hash, next generation. */
  const changePassword = async (): Promise<void> => {
    const passwordHash = await instance.hasher.hash('another blue lamp');
    await run(sql`update users set password_hash = ${passwordHash}, gen = gen + 1 where id = ${user.id}`);
  };
  return { ...instance, instance, account, user, signInNow: signIn, live, events, changePassword };
}

interface Given {
  readonly database: () => Database;
  readonly run: (statement: ReturnType<typeof sql>) => Promise<void>;
  readonly setup: (overrides?: Parameters<typeof startInstance>[2]) => ReturnType<typeof setupOn>;
}

/** The same claims on the embedded database and on a server, each migrated and empty. */
export function onEachStore(define: (given: Given) => void): void {
  describe.each(openStores)('on %s', (_driver, open) => {
    let store: OpenStore;

    beforeAll(async () => {
      store = await open();
    });

    afterEach(stopInstances);

    afterAll(() => store.close());

    define({
      database: () => store.database,
      run: async (statement) => {
        await store.database.query((orm) => orm.execute(statement));
      },
      setup: (overrides = {}) => setupOn(store.database, overrides),
    });
  });
}
