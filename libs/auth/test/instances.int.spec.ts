import type { Database } from '@app/postgres';
import { createMigratedDatabase, FakeClock, openPatiently, type TestDatabase } from '@app/testing';
import pg from 'pg';
import { password } from './account.js';
import { eventsOf, startInstance, stopInstances, wish } from './installation.js';

describe('several instances on one server', () => {
  let home: TestDatabase;
  let databases: Database[];

  beforeAll(async () => {
    home = await createMigratedDatabase();
    // Dropping the database may meet connections that are still saying goodbye.
    const ignoreIt = { onIdleError: () => undefined };
    databases = await Promise.all([1, 2, 3].map(() => openPatiently(home.url, ignoreIt)));
  });

  afterEach(stopInstances);

  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await home.drop();
  });

  it('P4 v5.0.0-2.3.4 leave exactly five sessions of one user after thirty sign-ins at once', async () => {
    const clock = new FakeClock();
    const fleet = await Promise.all(databases.map((database) => startInstance(database, clock)));
    const [first] = fleet;
    const { user } = await first!.registration.register(
      { email: 'ann@corp.test', password, username: null, fullName: null },
      wish,
    );
    await Promise.all(
      Array.from({ length: 10 }, () =>
        fleet.map((instance) => instance.signIn.withPassword({ email: 'ann@corp.test' }, password, wish)),
      ).flat(),
    );
    const ended = (await eventsOf(databases[0]!, user.id)).filter(({ type }) => type === 'session.ended');

    expect(await first!.authority.count(user.id)).toBe(5);
    expect(ended.map(({ reason }) => reason)).toEqual(Array<string>(26).fill('limit'));
  });

  it('P3 read how a session stands with one prepared statement', async () => {
    const { reader, registration } = await startInstance(databases[0]!, new FakeClock());
    const { session } = await registration.register(
      { email: 'bob@corp.test', password, username: null, fullName: null },
      wish,
    );
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    await reader.read(session.id);
    await reader.read(session.id);
    const names = sent.mock.calls
      .map(([config]) => (config as { name?: string }).name)
      // What is asked on each new connection has no name.
      .filter((name) => name !== undefined);
    sent.mockRestore();

    expect(names).toEqual(['session_standing', 'session_standing']);
  });
});
