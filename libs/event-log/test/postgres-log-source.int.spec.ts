import { StoreUnavailableError, SystemClock, type UserId } from '@app/kernel';
import { Database, EmbeddedDriver, openDatabase } from '@app/postgres';
import { createTestDatabase, FaultProxy, PostgresProcess, type TestDatabase } from '@app/testing';
import pg from 'pg';
import { DrizzleEventLog, PostgresLogSource } from '../src/index.js';
import { logSourceContract } from '../src/testing/log-source.contract.js';

const clock = new SystemClock();
const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;
const at = new Date('2026-01-01T12:00:00Z');

async function openServer(url: string): Promise<Database> {
  const { database } = await openDatabase(
    { kind: 'server', url, poolSize: 4 },
    { clock, onIdleError: () => undefined },
  );
  return database;
}

describe(PostgresLogSource, () => {
  describe('on the embedded database', () => {
    let database: Database;
    let source: PostgresLogSource;

    beforeAll(async () => {
      database = new Database(await EmbeddedDriver.open('memory://'), clock);
      await database.migrate();
      source = new PostgresLogSource(database);
    }, 40_000);
    afterAll(async () => {
      await source.close();
      await database.close();
    });

    logSourceContract(() => ({
      source,
      log: new DrizzleEventLog(database),
      commit: (work) => database.run(work),
    }));
  });

  describe('on a server', () => {
    let test: TestDatabase;
    let database: Database;
    let source: PostgresLogSource;
    const clients: pg.Client[] = [];

    beforeAll(async () => {
      test = await createTestDatabase(async (url) => (await openServer(url)).close());
      database = await openServer(test.url);
      source = new PostgresLogSource(database);
    }, 40_000);
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((client) => client.end()));
    });
    afterAll(async () => {
      await source.close();
      await database.close();
      await test.drop();
    });

    logSourceContract(() => ({
      source,
      log: new DrizzleEventLog(database),
      commit: (work) => database.run(work),
    }));

    /** A transaction that a test holds open, with a row of the log in it. */
    async function begun(sessionId: string): Promise<pg.Client> {
      const client = new pg.Client({ connectionString: test.url });
      clients.push(client);
      await client.connect();
      await client.query('begin');
      await client.query(
        `insert into event_log (type, user_id, session_id, payload, created_at)
         values ('session.ended', $1, $2, '{"reason":"admin"}', $3)`,
        [userId, sessionId, at],
      );
      return client;
    }

    /** Polls as an instance does, each time from where it was. */
    function reader(from: number): () => Promise<string[]> {
      let position = from;
      return async () => {
        const poll = await source.poll(position);
        ({ position } = poll);
        return poll.events.map(({ sessionId }) => String(sessionId));
      };
    }

    /** @see https://event-driven.io/en/ordering_in_postgres_outbox/ */
    it('skips neither of two transactions that commit in reverse order', async () => {
      const read = reader((await source.poll(0)).position);
      const [early, late] = [await begun('early'), await begun('late')];
      await late.query('commit');
      expect(await read()).toEqual(['late']);
      await early.query('commit');
      expect(await read()).toContain('early');
      expect(await read()).toEqual([]);
    });

    it('delivers the row of a transaction that was open for many polls, and all after it meanwhile', async () => {
      const read = reader((await source.poll(0)).position);
      const slow = await begun('slow');
      const seen = new Set<string>();
      for (let index = 0; index < 5; index += 1) {
        const quick = await begun(`quick-${index}`);
        await quick.query('commit');
        for (const id of await read()) seen.add(id);
      }
      expect([...seen]).toEqual(['quick-0', 'quick-1', 'quick-2', 'quick-3', 'quick-4']);
      await slow.query('commit');
      for (const id of await read()) seen.add(id);
      expect(seen).toContain('slow');
    });

    it('shows in its snapshot exactly what it has delivered', async () => {
      const open = await begun('open');
      const [{ xid }] = (await open.query<{ xid: string }>('select pg_current_xact_id()::text as xid'))
        .rows as [{ xid: string }];
      const isVisible = async (snapshot: string): Promise<boolean> => {
        const { rows } = await open.query<{ yes: boolean }>(
          'select pg_visible_in_snapshot($1::xid8, $2::pg_snapshot) as yes',
          [xid, snapshot],
        );
        return rows[0]!.yes;
      };
      const before = await source.poll(0);
      expect(await isVisible(before.snapshot)).toBe(false);
      expect(before.position).toBeLessThanOrEqual(Number(xid));
      await open.query('commit');
      expect(await isVisible((await source.poll(before.position)).snapshot)).toBe(true);
    });
  });

  describe('on a link that fails', () => {
    let server: PostgresProcess;
    let proxy: FaultProxy;
    let direct: Database;
    let database: Database;
    let source: PostgresLogSource;

    beforeAll(async () => {
      server = await PostgresProcess.start({ fsync: 'off' });
      proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: server.port } });
      direct = await openServer(server.url);
      database = await openServer(proxy.through(server.url));
      source = new PostgresLogSource(database);
    }, 40_000);
    afterAll(async () => {
      await source.close();
      await Promise.all([database.close(), direct.close()]);
      await proxy.close();
      await server.stop();
    });

    const append = (): Promise<void> =>
      direct.run(() => new DrizzleEventLog(direct).append([{ type: 'user.updated', userId, at }]));

    /** @see https://github.com/timgit/pg-boss/issues/850 */
    it('needs no hint: polling tells what a half-open connection has kept from it', async () => {
      const { position } = await source.poll(0);
      const hints = jest.fn();
      source.onHint(hints);
      await proxy.set({ kind: 'hold', direction: 'downstream' });
      await append();
      await expect(source.poll(position)).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(hints).not.toHaveBeenCalled();
      await proxy.set({ kind: 'pass' });
      expect((await source.poll(position)).events).toHaveLength(1);
    });

    it.each(['hold', 'reset', 'refuse'] as const)('gives up in time and works after it: %s', async (kind) => {
      await source.poll(0);
      await proxy.set({ kind });
      const started = performance.now();
      await expect(source.poll(0)).rejects.toBeInstanceOf(StoreUnavailableError);
      // 400 ms are promised to a connection that stands.
      expect(performance.now() - started).toBeLessThan(1_000);
      await proxy.set({ kind: 'pass' });
      expect((await source.poll(0)).position).toBeGreaterThan(0);
    });
  });
});
