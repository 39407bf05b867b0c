import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { AuditRetention } from '../src/application/audit-retention.js';
import { AuditStand } from './audit-stand.js';

const day = 86_400_000;

describe.each(openStores)(`${AuditRetention.name} on %s`, (_driver, open) => {
  let stand: AuditStand;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ stand, close } = await AuditStand.on(open));
  });

  afterAll(() => close());

  beforeEach(async () => {
    await stand.clear();
    await stand.tellMany(1_100);
    stand.clock.advance(5 * day);
    await stand.tellMany(3);
    await stand.collect();
  });

  const found = async () => (await stand.verification.run()).finding;

  it('v5.0.0-14.2.7 removes what is old in steps, keeps what is young, and leaves a chain that is whole', async () => {
    const deletions = jest.spyOn(stand.database, 'claim');
    expect(await stand.retention(4).run()).toBe(1_100);
    expect(deletions).toHaveBeenCalledTimes(3);
    expect((await stand.records()).map(({ seq }) => seq)).toEqual([1_101, 1_102, 1_103]);
    expect(await stand.verification.run()).toMatchObject({ finding: null, checked: 3, length: 1_103 });
    await stand.collect();
    const [removal] = (await stand.records()).slice(-1);
    expect(removal).toMatchObject({ type: 'audit.purged', actorKind: 'system', details: { records: 1_100 } });
    expect(await stand.retention(4).run()).toBe(0);
    expect(await found()).toBeNull();
  });

  it('removes all if all is old, and the chain goes on', async () => {
    stand.clock.advance(10 * day);
    expect(await stand.retention(4).run()).toBe(1_103);
    expect(await found()).toBeNull();
    await stand.collect();
    expect(await stand.verification.run()).toMatchObject({ finding: null, checked: 1, length: 1_104 });
  });

  it('does not hide what somebody else has removed', async () => {
    await stand.retention(4).run();
    await stand.tamper(sql`delete from audit_log where seq = 1101`);
    expect(await found()).toMatchObject({ kind: 'removed', seq: 1_101 });
    await stand.run(sql`update audit_chain set purged = 1101, anchor = (
      select previous_hash from audit_log where seq = 1102)`);
    expect(await found()).toMatchObject({ kind: 'state' });
    stand.clock.advance(10 * day);
    expect(await stand.retention(4).run()).toBe(0);
  });
});
