import { randomUUID } from 'node:crypto';
import { DrizzleEventLog, PostgresLogSource } from '@app/event-log';
import { type SessionId, SystemClock, type TokenId, type UserId } from '@app/kernel';
import { Database, EmbeddedDriver, openDatabase } from '@app/postgres';
import { createTestDatabase, type TestDatabase } from '@app/testing';
import { sql } from 'drizzle-orm';
import { PostgresInstanceRegistry } from '../src/infrastructure/postgres/postgres-instance-registry.js';
import { PostgresRevocationRepair } from '../src/infrastructure/postgres/postgres-revocation-repair.js';
import { aSessionId } from '../src/testing/builders.js';
import { instanceRegistryContract } from '../src/testing/instance-registry.contract.js';

const clock = new SystemClock();

async function migrate(url: string): Promise<void> {
  const opened = await openDatabase(
    { kind: 'server', url, poolSize: 1 },
    { clock, onIdleError: () => undefined },
  );
  await opened.close();
}

let server: TestDatabase;

async function onServer(): Promise<Database> {
  server = await createTestDatabase(migrate);
  const { database } = await openDatabase(
    { kind: 'server', url: server.url, poolSize: 4 },
    { clock, onIdleError: () => undefined },
  );
  return database;
}

async function embedded(): Promise<Database> {
  const database = new Database(await EmbeddedDriver.open('memory://'), clock);
  await database.migrate();
  return database;
}

describe.each([
  ['a server', onServer],
  ['the embedded database', embedded],
])('on %s', (_, open) => {
  let database: Database;

  beforeAll(async () => {
    database = await open();
  }, 40_000);
  afterAll(async () => {
    await database.close();
    if (open === onServer) await server.drop();
  });

  describe(PostgresInstanceRegistry, () => {
    let registry: PostgresInstanceRegistry;

    beforeEach(() => {
      registry = new PostgresInstanceRegistry(database);
    });
    afterEach(() => registry.close());

    instanceRegistryContract(() => registry);
  });

  describe(PostgresRevocationRepair, () => {
    const end = { at: new Date('2026-01-01T00:00:00Z'), reason: 'signout' } as const;
    let repair: PostgresRevocationRepair;
    let log: PostgresLogSource;

    beforeEach(() => {
      repair = new PostgresRevocationRepair(database, new DrizzleEventLog(database), clock);
      log = new PostgresLogSource(database);
    });
    afterEach(() => log.close());

    async function aUser(): Promise<UserId> {
      const id = randomUUID();
      await database.query((orm) =>
        orm.execute(sql`
          insert into users (id, email, email_normalized, role, password_hash, gen, created_at, updated_at)
          values (${id}, ${id}, ${id}, 'user', '', 3, now(), now())`),
      );
      return id as UserId;
    }

    async function aSession(userId: UserId): Promise<SessionId> {
      const id = aSessionId();
      await database.query((orm) =>
        orm.execute(sql`
          insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at,
            expires_at, ip_address, device, ips_used, refresh_nonce)
          values (${id}, ${userId}, 3, now(), now(), now(), now() + '1 day', now() + '1 day', '', '{}', '[]', '')`),
      );
      return id;
    }

    const rows = (statement: ReturnType<typeof sql>): Promise<unknown[]> => database.rows(statement);

    it('ends again what the new primary does not know to have ended, and tells everybody', async () => {
      const userId = await aUser();
      const [lost, known, live] = [await aSession(userId), await aSession(userId), await aSession(userId)];
      await rows(sql`update sessions set ended_at = now(), end_reason = 'admin' where id = ${known}`);
      const { position } = await log.poll(0);
      const sessions = [lost, known, aSessionId()].map((id) => ({ id, end }));
      await repair.reassert({ sessions, generations: [], tokens: [] });
      await repair.reassert({ sessions, generations: [], tokens: [] });
      const reasons = await rows(
        sql`select id, end_reason from sessions where user_id = ${userId} order by id`,
      );
      expect(reasons).toEqual([
        { id: lost, end_reason: 'signout' },
        { id: known, end_reason: 'admin' },
        { id: live, end_reason: null },
      ]);
      const { events } = await log.poll(position);
      expect(events.filter((event) => event.userId === userId)).toMatchObject([
        { type: 'session.ended', sessionId: lost, reason: 'signout' },
      ]);
    });

    it('raises generations, never lowers them, and tells everybody', async () => {
      const [behind, ahead] = [await aUser(), await aUser()];
      const { position } = await log.poll(0);
      const generations = [
        { userId: behind, gen: 5 },
        { userId: ahead, gen: 2 },
      ];
      await repair.reassert({ sessions: [], generations, tokens: [] });
      await repair.reassert({ sessions: [], generations, tokens: [] });
      const gens = await rows(
        sql`select id, gen::int from users where id in (${behind}, ${ahead}) order by gen desc`,
      );
      expect(gens).toEqual([
        { id: behind, gen: 5 },
        { id: ahead, gen: 3 },
      ]);
      const { events } = await log.poll(position);
      expect(events.filter(({ userId }) => userId === behind || userId === ahead)).toMatchObject([
        { type: 'user.sessions_revoked', userId: behind, gen: 5 },
      ]);
    });

    it('revokes tokens again that the new primary would accept, and tells everybody', async () => {
      const userId = await aUser();
      const sessionId = await aSession(userId);
      const token = (id: string, of = sessionId) => ({ id: id as TokenId, userId, sessionId: of });
      await rows(sql`insert into revoked_tokens (jti, user_id, session_id, expires_at)
        values (${`known-${userId}`}, ${userId}, ${sessionId}, now() + '5 minutes')`);
      const { position } = await log.poll(0);
      // The last is of a session that was lost as well.
      const tokens = [token(`lost-${userId}`), token(`known-${userId}`), token('gone', aSessionId())];
      await repair.reassert({ sessions: [], generations: [], tokens });
      await repair.reassert({ sessions: [], generations: [], tokens });
      expect(
        await rows(sql`select jti, session_id, expires_at > now() + '16 minutes' as outlives_any
          from revoked_tokens where user_id = ${userId} order by jti desc`),
      ).toEqual([
        { jti: `lost-${userId}`, session_id: sessionId, outlives_any: true },
        { jti: `known-${userId}`, session_id: sessionId, outlives_any: false },
      ]);
      const { events } = await log.poll(position);
      expect(events.filter((event) => event.userId === userId)).toMatchObject([
        { type: 'token.revoked', sessionId, tokenId: `lost-${userId}` },
      ]);
    });

    it('does nothing when nothing is remembered', async () => {
      await repair.reassert({ sessions: [], generations: [], tokens: [] });
      expect((await log.poll((await log.poll(0)).position)).events).toEqual([]);
    });
  });
});
