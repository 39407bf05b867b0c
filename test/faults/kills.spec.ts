import { eventually, type PostgresProcess, type RedisProcess } from '@app/testing';
import { sequence } from './support/asking.js';
import { secretKey } from './support/instance.js';
import { Ledger } from './support/ledger.js';
import { Slot } from './support/slot.js';
import { notDurable, sql, startPostgres, startRedis } from './support/stores.js';

/** Each costs about a second on two cores, most of it for starting the next instance. */
const goal = Number(process.env.KILLS ?? 100);

const places = ['one', 'two', 'three'];
const callers = 12;

let postgres: PostgresProcess;
let redis: RedisProcess;
let slots: readonly Slot[];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
  slots = await Promise.all(
    places.map((name, index) =>
      Slot.open(
        {
          NODE_ENV: 'test',
          LOG_LEVEL: 'warn',
          RATE_LIMIT_ENABLED: 'false',
          SECRET_KEY: secretKey,
          INSTANCE_ID: name,
          DATABASE_URL: postgres.url,
          REDIS_URL: redis.url,
        },
        sequence(index),
      ),
    ),
  );
});

describe('kill -9 of instances at random moments of their work and of their start', () => {
  const random = sequence(300);
  const ledger = new Ledger(random);
  const kills = { boot: 0, work: 0 };

  async function dieInTurn(slot: Slot): Promise<void> {
    while (kills.boot + kills.work < goal) kills[await slot.liveAndDie()] += 1;
  }

  it(
    'never shows a session as ended that is not, or as live that is',
    async () => {
      const choose = () => {
        const up = slots.filter(({ isUp }) => isUp);
        return up[Math.floor(random() * up.length)]?.api ?? null;
      };
      const dying = Promise.all(slots.map(dieInTurn)).finally(() => ledger.rest());
      await Promise.all([ledger.workAmong(choose, callers), dying]);
      const { acknowledged, ended, unanswered, checked } = ledger;
      process.stdout.write(`${JSON.stringify({ kills, acknowledged, ended, unanswered, checked })}\n`);
      expect(ledger.contradicted).toEqual([]);
      expect(acknowledged).toBeGreaterThan(goal * 2);
      expect(ended).toBeGreaterThan(goal / 4);
      expect(checked).toBeGreaterThan(goal * 2);
      // Or the kills would have hit idle processes.
      expect(unanswered).toBeGreaterThan(goal / 2);
    },
    goal * 6_000 + 60_000,
  );

  it('loses nothing that was acknowledged, on any of the instances that come after', async () => {
    await Promise.all(slots.map((slot) => slot.live()));
    for (const [place, { api }] of slots.entries()) {
      expect({ place, wrong: await ledger.contradictions(api) }).toEqual({ place, wrong: [] });
      expect({ place, unknown: await ledger.signInNewest(api, 3) }).toEqual({ place, unknown: [] });
    }
  }, 120_000);

  it('leaves no lock, no open transaction and no trace of the dead in the registry', async () => {
    const names = () => sql<{ name: string }>(postgres.url, 'select name from instances order by name');
    await eventually(async () => (await names()).length === places.length, {
      timeoutMs: 15_000,
      describe: 'only the living are registered',
    });
    expect((await names()).map(({ name }) => name)).toEqual(places.toSorted());
    const stuck = `select state, query from pg_stat_activity
      where application_name like 'rollcall%' and state like 'idle in transaction%'
        and state_change < now() - interval '5 seconds'
      union all select 'waiting', locktype from pg_locks where not granted`;
    expect(await sql(postgres.url, stuck)).toEqual([]);
  }, 30_000);
});
