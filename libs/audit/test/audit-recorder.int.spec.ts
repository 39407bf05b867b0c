import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { AuditRecorder } from '../src/application/audit-recorder.js';
import { HmacSeal } from '../src/infrastructure/crypto/hmac-seal.js';
import { ann, AuditStand, root } from './audit-stand.js';

/** Fails once, in the middle of a batch. */
class BreakingSeal extends HmacSeal {
  left = 700;

  override of(text: string): string {
    this.left -= 1;
    if (this.left === 0) throw new Error('killed');
    return super.of(text);
  }
}

describe.each(openStores)(`${AuditRecorder.name} on %s`, (driver, open) => {
  let stand: AuditStand;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ stand, close } = await AuditStand.on(open));
  });

  afterAll(() => close());
  beforeEach(() => stand.clear());

  it('writes down who did what to whom, why, from where', async () => {
    const sessionId = 'a'.repeat(64) as never;
    const at = stand.clock.now();
    await stand.tell(
      { type: 'user.disabled', payload: { by: root, note: 'ticket 4711' } },
      { type: 'session.created', sessionId, payload: { ip_address: '192.0.2.1', secret: 'x' } },
      { type: 'user.created', payload: { role: 'admin', by: null } },
      { type: 'session.ended', sessionId, payload: { reason: 'limit' } },
      { type: 'session.ended', sessionId, payload: { reason: 'signout' } },
      { type: 'signin.failed', payload: { ip_address: '192.0.2.9' } },
      { type: 'rate_limit.exceeded', userId: null, payload: { address: '2001:db8::1', policy: 'auth' } },
      { type: 'key.rotated', userId: null, payload: { kid: 'k' } },
    );
    await stand.collect();
    const records = await stand.records();
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(records[0]).toEqual({
      seq: 1,
      eventId: expect.any(Number),
      type: 'user.disabled',
      at,
      actorKind: 'user',
      actorId: root,
      userId: ann,
      sessionId: null,
      tokenId: null,
      note: 'ticket 4711',
      ipAddress: null,
      details: {},
      previousHash: '0'.repeat(64),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(records.map((record) => [record.type, record.actorKind, record.actorId])).toEqual([
      ['user.disabled', 'user', root],
      ['session.created', 'user', ann],
      ['user.created', 'command', null],
      ['session.ended', 'system', null],
      ['session.ended', 'user', ann],
      ['signin.failed', 'unknown', null],
      ['rate_limit.exceeded', 'unknown', null],
      ['key.rotated', 'system', null],
    ]);
    expect(records[1]).toMatchObject({ sessionId, ipAddress: '192.0.2.1', details: {} });
    expect(records[3]!.details).toEqual({ reason: 'limit' });
    expect(records[6]).toMatchObject({ ipAddress: '2001:db8::1', details: { policy: 'auth' } });
    expect((await stand.verification.run()).finding).toBeNull();
  });

  it('leaves out the token that a refresh revokes, and keeps the one that a client revokes', async () => {
    const tokenId = 'jti' as never;
    await stand.tell(
      { type: 'token.revoked', tokenId },
      { type: 'token.revoked', tokenId, payload: { client: 'rc_1' } },
    );
    await stand.collect();
    expect(await stand.records()).toMatchObject([
      { type: 'token.revoked', tokenId: 'jti', actorKind: 'unknown', details: { client: 'rc_1' } },
    ]);
    expect((await stand.verification.run()).finding).toBeNull();
  });

  it('is one chain whatever number of instances write it, with each event once', async () => {
    await stand.tellMany(2_600);
    const recorders = [stand.recorder, stand.anotherRecorder(), stand.anotherRecorder()];
    await Promise.all(recorders.map((recorder) => stand.collect(recorder)));
    await stand.tellMany(40);
    await Promise.all(recorders.map((recorder) => stand.collect(recorder)));
    await stand.collect();
    const [row] =
      await stand.run(sql`select count(*)::int as records, count(distinct event_id)::int as events,
      max(seq)::int as last from audit_log`);
    expect(row).toEqual({ records: 2_640, events: 2_640, last: 2_640 });
    expect(await stand.verification.run()).toMatchObject({ finding: null, checked: 2_640, length: 2_640 });
  });

  it('has neither gap nor double after it was killed amid a batch', async () => {
    await stand.tellMany(1_200);
    const seal = Object.assign(Object.create(BreakingSeal.prototype), stand.seal, { left: 700 });
    await expect(stand.collect(stand.anotherRecorder(seal))).rejects.toThrow('killed');
    const before = (await stand.records()).length;
    expect([before < 1_200, before % 500]).toEqual([true, 0]);
    await stand.collect();
    expect(await stand.verification.run()).toMatchObject({ finding: null, length: 1_200 });
  });

  it('lets nobody change, remove or empty what is written', async () => {
    await stand.tell({ type: 'user.disabled' });
    await stand.collect();
    const refused = /append-only/;
    await expect(stand.run(sql`update audit_log set note = 'x'`)).rejects.toThrow(refused);
    await expect(stand.run(sql`delete from audit_log`)).rejects.toThrow(refused);
    await expect(stand.run(sql`truncate audit_log`)).rejects.toThrow(refused);
    expect(await stand.records()).toHaveLength(1);
  });

  it('does not sign a length that somebody else has written, and says for ever that there was one', async () => {
    await stand.tellMany(5);
    await stand.collect();
    await stand.tamper(
      sql`delete from audit_log where seq > 3`,
      sql`update audit_chain set length = 3, head = (select hash from audit_log where seq = 3)`,
    );
    expect((await stand.verification.run()).finding).toMatchObject({ kind: 'state' });
    await stand.tell({ type: 'user.enabled' });
    await stand.collect();
    const records = await stand.records();
    expect(records.map(({ seq, type }) => [seq, type]).slice(3)).toEqual([
      [4, 'audit.state_altered'],
      [5, 'user.enabled'],
    ]);
    expect((await stand.verification.run()).finding).toMatchObject({ kind: 'state', seq: 4 });
    // Known, and looked into: what comes behind it is whole.
    await stand.run(sql`delete from event_log`);
    expect(await stand.verification.run({ from: 5 })).toMatchObject({ finding: null, checked: 1 });
  });

  if (driver === 'ServerDriver')
    it('v5.0.0-16.4.2 follows the order in which one thing came after another', async () => {
      await stand.tell({ type: 'user.disabled' });
      await stand.tell({ type: 'user.enabled' });
      await stand.collect();
      expect((await stand.records()).map(({ type }) => type)).toEqual(['user.disabled', 'user.enabled']);
    });
});
