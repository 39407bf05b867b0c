import { PostgresLogReaders } from '@app/event-log';
import type { UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import type { Alert } from '../src/domain/alert.js';
import { PostgresAlertOutbox } from '../src/infrastructure/postgres/postgres-alert-outbox.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const later = (seconds: number): Date => new Date(noon.getTime() + seconds * 1_000);
let made = 0;

describe.each(openStores)(`${PostgresAlertOutbox.name} on %s`, (driver, open) => {
  let store: OpenStore;
  let database: Database;
  let outbox: PostgresAlertOutbox;

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    outbox = new PostgresAlertOutbox(database, new PostgresLogReaders(database));
  });

  afterAll(() => store.close());

  beforeEach(async () => {
    await run(sql`delete from mail_outbox`);
    await run(sql`delete from log_readers`);
    await outbox.collect(noon);
  });

  const run = <Row>(statement: ReturnType<typeof sql>): Promise<Row[]> => database.rows(statement);

  async function addUser(): Promise<{ id: UserId; email: string }> {
    made += 1;
    const id = `017f22e2-79b0-7cc3-98c4-${String(made).padStart(12, '0')}` as UserId;
    const email = `person${made}@example.com`;
    await run(sql`insert into users (id, email, email_normalized, role, password_hash, created_at, updated_at)
      values (${id}, ${email}, ${email}, 'user', 'x', now(), now())`);
    return { id, email };
  }

  const tell = (userId: UserId, type: string, payload: object = {}, count = 1) =>
    run(sql`insert into event_log (type, user_id, payload, created_at)
      select ${type}, ${userId}::uuid, ${JSON.stringify(payload)}::jsonb, ${noon.toISOString()}::timestamptz
      from generate_series(1, ${count})`);

  /** Until there is no more. */
  async function collectAll(): Promise<number> {
    let rounds = 1;
    while (await outbox.collect(noon)) rounds += 1;
    return rounds;
  }

  async function drain(): Promise<Alert[]> {
    const taken: Alert[] = [];
    for (;;) {
      const alert = await outbox.take(noon, later(60));
      if (!alert) return taken;
      taken.push(alert);
    }
  }

  const stored = async (): Promise<number> => (await run(sql`select id from mail_outbox`)).length;

  it('takes from the log what people want to know, each thing once', async () => {
    const { id, email } = await addUser();
    const facts = { ip_address: '192.0.2.1', device: { browser: 'Firefox', os: 'Linux', kind: 'desktop' } };
    await tell(id, 'signin.new_device', { ...facts, secret: 'x' });
    await tell(id, 'signin.after_failures', { ...facts, failures: 6 });
    await tell(id, 'session.ended', { reason: 'limit' });
    await tell(id, 'user.password_changed');
    for (const reason of ['signout', 'replaced', 'terminated']) await tell(id, 'session.ended', { reason });
    for (const type of ['user.created', 'session.created', 'signin.failed', 'token.revoked'])
      await tell(id, type, facts);
    await tell(id, 'user.updated', { fields: ['full_name'] });
    for (let round = 0; round < 3; round += 1) await collectAll();
    const alerts = await drain();
    expect(alerts.map(({ kind }) => kind)).toEqual([
      'signin.new_device',
      'signin.after_failures',
      'session.limit',
      'user.password_changed',
    ]);
    expect(alerts[0]).toEqual({
      id: expect.any(Number),
      kind: 'signin.new_device',
      userId: id,
      recipient: email,
      facts,
      at: noon,
      attempts: 1,
    });
    expect(alerts[1]!.facts.failures).toBe(6);
    expect(alerts[2]!.facts).toEqual({});
  });

  it('tells a new address to the one before, too', async () => {
    const { id, email } = await addUser();
    await tell(id, 'user.updated', { fields: ['email'], previous_email: 'old@example.com' });
    await collectAll();
    const alerts = await drain();
    expect(new Set(alerts.map(({ recipient }) => recipient))).toEqual(new Set([email, 'old@example.com']));
    expect(alerts.map(({ kind }) => kind)).toEqual(['user.email_changed', 'user.email_changed']);
  });

  it('begins with what happens from then on', async () => {
    const { id } = await addUser();
    await tell(id, 'user.password_changed');
    await run(sql`delete from log_readers`);
    await collectAll();
    await tell(id, 'signin.new_device');
    await collectAll();
    expect((await drain()).map(({ kind }) => kind)).toEqual(['signin.new_device']);
  });

  it('leaves alone what is older than a day', async () => {
    const { id } = await addUser();
    await tell(id, 'user.password_changed');
    await outbox.collect(later(86_401));
    expect(await stored()).toBe(0);
  });

  it('reads much in pieces, also what one transaction has written', async () => {
    const { id } = await addUser();
    await tell(id, 'signin.new_device', {}, 6_000);
    for (let count = 0; count < 5; count += 1) await tell(id, 'token.revoked', {}, 2_000);
    await tell(id, 'user.password_changed');
    expect(await collectAll()).toBeGreaterThan(2);
    expect(await stored()).toBe(6_001);
    await collectAll();
    expect(await stored()).toBe(6_001);
  });

  it('goes back with a database whose numbers went back, and on from there', async () => {
    const { id } = await addUser();
    await run(sql`update log_readers set position = 9007199254740000`);
    await collectAll();
    await tell(id, 'user.password_changed');
    await collectAll();
    expect(await stored()).toBe(1);
  });

  it('is read by one at a time and gives each mail to one only', async () => {
    const { id } = await addUser();
    await tell(id, 'signin.new_device', {}, 20);
    await Promise.all(Array.from({ length: 6 }, () => outbox.collect(noon)));
    await collectAll();
    expect(await stored()).toBe(20);
    const taken = await Promise.all(Array.from({ length: 30 }, () => outbox.take(noon, later(60))));
    const ids = taken.flatMap((alert) => (alert ? [alert.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length + (await drain()).length).toBe(20);
  });

  it('gives a mail again when its time is up, and never when it is over', async () => {
    const { id } = await addUser();
    await tell(id, 'user.password_changed');
    await collectAll();
    const first = (await outbox.take(noon, later(60)))!;
    expect(await outbox.take(later(59), later(120))).toBeNull();
    expect(await outbox.take(later(60), later(120))).toEqual({ ...first, attempts: 2 });
    await outbox.postpone(first.id, later(200), 'ECONNECTION');
    expect(await outbox.take(later(199), later(300))).toBeNull();
    expect(await outbox.take(later(200), later(300))).toEqual({ ...first, attempts: 3 });
    await outbox.close(first.id, 'sent', later(201));
    expect(await outbox.take(later(9_999), later(10_000))).toBeNull();
    expect(await outbox.purge(later(201), 10)).toBe(0);
    expect(await outbox.purge(later(202), 10)).toBe(1);
  });

  if (driver === 'ServerDriver') {
    it('skips nothing of a transaction that began before others and ends after them', async () => {
      const [slow, quick] = [await addUser(), await addUser()];
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let begun = (): void => undefined;
      const hasBegun = new Promise<void>((resolve) => (begun = resolve));
      const transaction = database.run(async () => {
        await tell(slow.id, 'user.password_changed');
        begun();
        await released;
      });
      await hasBegun;
      await tell(quick.id, 'user.password_changed');
      await collectAll();
      release();
      await transaction;
      await collectAll();
      const alerts = await drain();
      expect(alerts.map(({ userId }) => userId).toSorted()).toEqual([slow.id, quick.id].toSorted());
    });
  }
});
