import { eventually, type PostgresProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import type { Device } from './support/api-client.js';
import { Instance } from './support/instance.js';
import { openMany } from './support/many-sessions.js';
import { notDurable, sql, startPostgres } from './support/stores.js';

const count = 10_000;
const address = '203.0.113.7';

let postgres: PostgresProcess;

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
}, 60_000);

async function administrator({ api }: Instance): Promise<Device> {
  const { person, userId } = await api.register(aPerson());
  await sql(postgres.url, `update users set role = 'admin' where id = $1`, [userId]);
  return api.signIn(person);
}

const progress = async (id: string): Promise<{ ended: number; state: string; unproven: number }> => {
  const [row] = await sql<{ ended: number; state: string; unproven: number }>(
    postgres.url,
    `select ended, state, (select count(*)::int from bulk_end_batches where bulk_end_id = $1) as unproven
       from bulk_ends where id = $1`,
    [id],
  );
  return row!;
};

describe('kill -9 of an instance that ends sessions by a filter', () => {
  it('leaves the rest to another, which ends each once and proves all of them', async () => {
    const first = await Instance.onServers(postgres.url);
    const { token } = await administrator(first);
    await openMany(postgres.url, count, address);
    const body = { filter: { network: address }, dry_run: false, expected_count: count };
    const taken = await first.api.ask('POST', '/admin/sessions/end', { token, body });
    expect(taken.status).toBe(202);
    const { id } = (JSON.parse(taken.text) as { data: { order: { id: string } } }).data.order;
    await eventually(async () => (await progress(id)).ended > 0, { describe: 'some have ended' });
    await first.process.kill9();
    const before = await progress(id);
    expect(before).toMatchObject({ state: 'running' });
    expect(before.ended).toBeLessThan(count);

    const second = await Instance.onServers(postgres.url);
    await eventually(
      async () => {
        const { state, unproven } = await progress(id);
        return state === 'done' && unproven === 0;
      },
      { timeoutMs: 40_000, describe: 'all have ended, provenly' },
    );
    const standing = await second.api.ask('GET', `/admin/sessions/ends/${id}`, { token });
    expect(JSON.parse(standing.text)).toMatchObject({
      data: { matched: count, ended: count, state: 'done', propagation: 'complete' },
    });
    const [events] = await sql(
      postgres.url,
      `select count(*)::int as events, count(distinct session_id)::int as sessions
         from event_log where type = 'session.ended' and payload ->> 'bulk_end' = $1`,
      [id],
    );
    expect(events).toEqual({ events: count, sessions: count });
    await second.process.stop();
  }, 90_000);
});
