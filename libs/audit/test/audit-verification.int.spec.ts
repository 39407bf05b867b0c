import { openStores } from '@app/testing';
import { type SQL, sql } from 'drizzle-orm';
import { AuditVerification } from '../src/application/audit-verification.js';
import type { FindingKind } from '../src/domain/finding.js';
import { comparison } from '../src/infrastructure/postgres/comparison.js';
import { ann, AuditStand } from './audit-stand.js';

/** With the columns of another row, or what a forger would write. */
const forged = sql`(seq, event_id, type, at, actor_kind, details, previous_hash, hash)
  select 4, 999999, 'user.enabled', at, 'user', '{}'::jsonb, hash, repeat('f', 64) from audit_log where seq = 3`;
const moveDown = sql`update audit_log set seq = seq - 1000001 where seq > 1000000`;
const exchange = sql`update audit_log set seq = case seq when 1000005 then 6 else 5 end where seq > 1000000`;

type Tampering = [what: string, kind: FindingKind, seq: number, ...how: SQL[]];

const everything: Tampering[] = [
  ['another reason', 'altered', 5, sql`update audit_log set note = 'harmless' where seq = 5`],
  ['another actor', 'altered', 5, sql`update audit_log set actor_id = ${ann}::uuid where seq = 5`],
  ['another time', 'altered', 5, sql`update audit_log set at = at - interval '1 ms' where seq = 5`],
  ['other details', 'altered', 5, sql`update audit_log set details = '{"a":1}' where seq = 5`],
  ['another hash', 'altered', 5, sql`update audit_log set hash = repeat('0', 64) where seq = 5`],
  ['the last record altered', 'altered', 9, sql`update audit_log set type = 'x.y' where seq = 9`],
  ['one removed', 'removed', 5, sql`delete from audit_log where seq = 5`],
  ['the first removed', 'removed', 1, sql`delete from audit_log where seq = 1`],
  [
    'one removed and the others moved up',
    'removed',
    5,
    sql`delete from audit_log where seq = 5`,
    sql`update audit_log set seq = seq + 1000000 where seq > 5`,
    moveDown,
  ],
  [
    'one inserted between others',
    'inserted',
    4,
    sql`update audit_log set seq = seq + 1000000 where seq > 3`,
    sql`update audit_log set seq = seq - 999999 where seq > 1000000`,
    sql`insert into audit_log ${forged}`,
  ],
  [
    'one appended',
    'inserted',
    10,
    sql`insert into audit_log select 10, event_id, type, at, actor_kind, actor_id, user_id, session_id, token_id,
      note, ip_address, details, hash, repeat('e', 64) from audit_log where seq = 9`,
  ],
  [
    'two exchanged',
    'reordered',
    5,
    sql`update audit_log set seq = seq + 1000000 where seq in (5, 6)`,
    exchange,
  ],
  ['the last ones removed', 'truncated', 8, sql`delete from audit_log where seq > 7`],
  ['all removed', 'truncated', 1, sql`delete from audit_log`],
];

describe.each(openStores)(`${AuditVerification.name} on %s`, (_driver, open) => {
  let stand: AuditStand;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ stand, close } = await AuditStand.on(open));
  });

  afterAll(() => close());

  beforeEach(async () => {
    await stand.clear();
    await stand.tellMany(9);
    await stand.collect();
  });

  const found = async () => (await stand.verification.run()).finding;

  it('finds nothing where nothing was done, and remembers that', async () => {
    const records = await stand.records();
    const verification = await stand.verification.run();
    const head = records[8]!.hash;
    expect(verification).toEqual({ at: stand.clock.now(), checked: 9, length: 9, head, finding: null });
    expect(await stand.verification.last()).toEqual(verification);
    expect((await stand.reader.standing()).last).toBe(9);
    await stand.clear();
    expect(await stand.verification.run()).toMatchObject({ checked: 0, length: 0, finding: null });
  });

  it.each(everything)('v5.0.0-16.4.2 finds %s', async (...[_what, kind, seq, ...how]: Tampering) => {
    await stand.tamper(...how);
    expect(await found()).toEqual({ kind, seq, text: expect.stringMatching(/^[A-Z].*\.$/) });
    expect((await stand.verification.last())?.finding).toMatchObject({ kind, seq });
  });

  it('finds a length that was not signed here, or is gone, and does not believe another key', async () => {
    await stand.run(sql`update audit_chain set length = 8`);
    expect(await found()).toMatchObject({ kind: 'state', seq: null });
    await stand.run(sql`delete from audit_chain`);
    expect(await found()).toMatchObject({ kind: 'state', seq: null });
  });

  it('finds the last records missing although the signed length was set back, too, while the log has the events', async () => {
    const state = await stand.run<Record<string, unknown>>(sql`select * from audit_chain`);
    await stand.tellMany(2);
    await stand.collect();
    await stand.tamper(
      sql`delete from audit_log where seq > 9`,
      sql`update audit_chain set length = 9, head = ${state[0]!.head}, signature = ${state[0]!.signature}`,
    );
    expect(await found()).toMatchObject({ kind: 'unrecorded', seq: 10 });
    await stand.run(sql`delete from event_log`);
    expect(await found()).toBeNull();
  });

  it('finds that everything was set back with a hash that was kept elsewhere', async () => {
    const [, second, , , , , , , last] = await stand.records();
    const known = (seq: number, hash: string) => stand.verification.run({ known: { seq, hash } });
    expect((await known(9, last!.hash)).finding).toBeNull();
    expect((await known(2, second!.hash)).finding).toBeNull();
    expect((await known(3, second!.hash)).finding).toMatchObject({ kind: 'unexpected', seq: 3 });
    expect((await known(12, last!.hash)).finding).toMatchObject({ kind: 'truncated', seq: 12 });
  });

  it('finds records of another history of the same installation', async () => {
    await stand.run(sql`create table lost as select * from audit_log where seq > 5`);
    await stand.tamper(sql`delete from audit_log where seq > 5`);
    const earlier = await stand.records();
    await stand.run(sql`delete from audit_chain`);
    await stand.run(sql`delete from event_log`);
    await stand.tellMany(4);
    await stand.collect();
    expect(earlier).toHaveLength(5);
    await stand.tamper(
      sql`delete from audit_log where seq > 8`,
      sql`insert into audit_log select * from lost where seq = 9`,
    );
    await stand.run(sql`drop table lost`);
    expect(await stand.verification.run({ from: 7 })).toMatchObject({
      finding: { kind: 'replaced', seq: 9 },
    });
  });

  it('reads many records in stretches, while others are written and old ones removed', async () => {
    await stand.tellMany(4_500);
    await stand.collect();
    stand.clock.advance(3 * 86_400_000);
    const stretch = jest.spyOn(stand.reader, 'stretch');
    stretch.mockImplementationOnce(async (after, limit) => {
      stretch.mockRestore();
      const records = await stand.reader.stretch(after, limit);
      await stand.retention(2).run();
      await stand.tellMany(10);
      await stand.collect();
      return records;
    });
    const verification = await stand.verification.run();
    expect(verification).toMatchObject({ finding: null, length: 4_509 });
    expect(await stand.verification.run()).toMatchObject({ finding: null, checked: 11, length: 4_520 });
  });
});

describe.each(openStores.filter(([driver]) => driver === 'ServerDriver'))(
  `${comparison.name} on %s`,
  (_driver, open) => {
    it('looks each event up by its number alone, also while the planner knows nothing of the audit', async () => {
      const { stand, close } = await AuditStand.on(open);
      await stand.tellMany(100_000);
      await stand.run(sql`analyze event_log`);
      await stand.run(sql`
        insert into audit_log (seq, event_id, type, at, actor_kind, details, previous_hash, hash)
        select id, id, type, created_at, 'user', '{}', repeat('0', 64), repeat('1', 64) from event_log`);
      const lines = await stand.run<Record<'QUERY PLAN', string>>(sql`explain ${comparison(0)}`);
      const looks = lines
        .map((line) => line['QUERY PLAN'])
        .filter((line) => /\baudit_log(?:_\w+)? /.test(line));
      expect(looks).toEqual([expect.stringContaining('Index Scan using audit_log_event on audit_log ')]);
      await close();
    });
  },
);
