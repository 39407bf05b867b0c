import { Agent } from 'node:http';
import { ApiInstance, Browser, createMigratedDatabase, eventually, type TestDatabase } from '@app/testing';
import pg from 'pg';
import { command } from '../test/faults/support/boot.js';
import { pages } from './support/administration-pages.js';
import { Administrator, person } from './support/administrator.js';
import { bulk, deliveriesOf, seed, sessionsOf, size, webhook } from './support/large-installation.js';
import { secretKey } from './support/secret-key.js';
import { load, pass, quantile, type Sample } from './support/steady-load.js';

const samples = 15;
/** Checks a second beside a bulk end. */
const rate = 200;
const dayMs = 86_400_000;
/** Of a list that grows meanwhile, twenty to a page; and the milliseconds that none may take. */
const walk = { pages: 50, each: 20, limit: 200 };

/** The newest of what is there, and how one more comes: a session anywhere among them, a delivery before them. */
const growing = {
  sessions: {
    path: 'sessions?',
    newest: 'select id from sessions order by created_at desc, id desc limit $1',
    insert: sessionsOf({ number: 'n + 60000000', age: 'n * 7919 % 997' }),
  },
  deliveries: {
    path: `webhooks/${webhook}/deliveries?`,
    newest: 'select id::text from webhook_deliveries order by webhook_deliveries.id desc limit $1',
    insert: deliveriesOf({ number: 'n + 60000000' }),
  },
};

/** What administrators ask of a large installation, over HTTP, and what their bulk end costs everybody else. */
describe('administration at scale', () => {
  let database: TestDatabase;
  let environment: Record<string, string>;
  let api: ApiInstance;
  let admin: pg.Client;
  let administrator: Administrator;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });

  beforeAll(async () => {
    const began = performance.now();
    database = await createMigratedDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await seed(admin);
    environment = { DATABASE_URL: database.url, SECRET_KEY: secretKey, RATE_LIMIT_ENABLED: 'false' };
    api = await ApiInstance.start({ env: environment });
    administrator = await Administrator.at(api.baseUrl, admin);
    process.stderr.write(`ready after ${secondsSince(began).toFixed(0)} s\n`);
  }, 300_000);

  afterAll(async () => {
    await api.stop();
    await admin.end();
    await database.drop();
  });

  it('writes down 200,000 events, beside counting them, and verifies them', async () => {
    const recorded = async (): Promise<number> => {
      const { rows } = await admin.query<{ last: number }>(
        'select coalesce(max(seq), 0)::int as last from audit_log',
      );
      return rows[0]!.last;
    };
    const [first, began] = [await recorded(), performance.now()];
    await eventually(async () => (await recorded()) >= size.events, {
      timeoutMs: 120_000,
      describe: 'all are written down',
    });
    const recording = (size.events - first) / secondsSince(began);
    const verifying = performance.now();
    const { code, stdout, complaints } = await command(['audit', 'verify', '--json'], environment);
    expect(complaints.join('')).toBe('');
    const seconds = secondsSince(verifying);
    const { checked } = JSON.parse(stdout) as { checked: number };
    const { rows } = await admin.query<{ bytes: number }>(
      `select (pg_total_relation_size('audit_log') / max(seq))::int as bytes from audit_log`,
    );
    console.table({
      'written down, a second': recording.toFixed(0),
      'verifying all, with the start of the program, s': seconds.toFixed(1),
      'verified, a second': (checked / seconds).toFixed(0),
      'bytes of a record, with indexes': rows[0]!.bytes,
    });
    expect(code).toBe(0);
    expect(checked).toBeGreaterThanOrEqual(size.events);
  }, 200_000);

  it('answers pages', async () => {
    const rows: Record<string, Record<string, string>> = {};
    const age = new Date(Date.now() - size.sessions * 500).toISOString();
    for (const [name, [path, expected]] of Object.entries(pages)) {
      const times: number[] = [];
      let found: unknown;
      for (let sample = 0; sample < samples; sample += 1) {
        const began = performance.now();
        const { count } = await administrator.ask('GET', path.replace('AGE', age));
        times.push(performance.now() - began);
        found = count;
      }
      rows[name] = { found: String(found), ...figures(times) };
      expect({ name, found }).toEqual({ name, found: expected });
    }
    console.table(rows);
  }, 120_000);

  it.each(['sessions', 'deliveries'] as const)(
    'leads through %s while more come',
    async (list) => {
      const { path, newest, insert } = growing[list];
      const { rows } = await admin.query<{ id: string }>(newest, [walk.pages * walk.each]);
      const before = rows.map((row) => row.id);
      const stop = await grow(insert);
      const [seen, times]: [string[], number[]] = [[], []];
      for (let next = ''; times.length < walk.pages;) {
        const began = performance.now();
        const page = await administrator.ask('GET', path + next);
        times.push(performance.now() - began);
        seen.push(...(page[list] as { id: string }[]).map(({ id }) => id));
        next = `&page_token=${String(page.next_page_token)}`;
      }
      const inserted = await stop();
      const known = new Set(before);
      const old = seen.filter((id) => known.has(id));
      console.table({ list, inserted, met: seen.length - old.length, ...figures(times) });
      expect(inserted).toBeGreaterThan(walk.pages);
      expect(old.length).toBeGreaterThan(walk.each);
      expect(old).toEqual(before.slice(0, old.length));
      expect(new Set(seen).size).toBe(walk.pages * walk.each);
      expect(Math.max(...times)).toBeLessThan(walk.limit);
    },
    60_000,
  );

  it('leads through sessions in a browser, too', async () => {
    const browser = await Browser.start();
    const page = await (await browser.profile()).newPage();
    await page.goto(`${api.baseUrl}/admin/sessions`);
    await page.getByLabel('E-mail address or username').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const links = page.locator('tbody a');
    const seen = new Set<string>();
    const times: number[] = [];
    while (times.length < walk.pages) {
      await links.first().waitFor();
      const shown = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
      for (const href of shown) seen.add(href);
      const began = performance.now();
      await page.getByRole('button', { name: 'Next' }).click();
      await page.locator(`tbody a[href="${shown[0]}"]`).waitFor({ state: 'detached' });
      times.push(performance.now() - began);
    }
    await browser.stop();
    console.table({ 'met on fifty pages of fifty': seen.size, ...figures(times) });
    expect(seen.size).toBe(walk.pages * 50);
  }, 120_000);

  it('replays nothing of 200,000 events', async () => {
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const began = performance.now();
      const since = new Date(Date.now() - 30 * dayMs).toISOString();
      const replayed = await administrator.ask('POST', `webhooks/${webhook}/replay`, {
        what: 'missed',
        since,
      });
      times.push(performance.now() - began);
      expect(replayed).toEqual({ queued: 0, continue_from: null });
    }
    console.table(figures(times));
  }, 60_000);

  it('ends 100,000 sessions beside checks', async () => {
    const filter = { network: bulk.network };
    const quiet: Sample[] = [];
    const { baseUrl } = api;
    const { token } = administrator;
    const stopQuiet = load({ baseUrl, token, agent, rate }, quiet);
    await pass(5);
    await stopQuiet();
    let began = performance.now();
    const dry = await administrator.ask('POST', 'sessions/end', { filter, dry_run: true });
    const dryMs = performance.now() - began;
    const during: Sample[] = [];
    const stop = load({ baseUrl, token, agent, rate }, during);
    began = performance.now();
    const { order } = await administrator.ask('POST', 'sessions/end', {
      filter,
      dry_run: false,
      expected_count: dry.count,
    });
    const takenMs = performance.now() - began;
    const { id } = order as { id: string };
    let standing: Record<string, unknown> = {};
    await eventually(
      async () => {
        standing = await administrator.ask('GET', `sessions/ends/${id}`);
        return standing.state === 'done' && standing.propagation === 'complete';
      },
      { timeoutMs: 120_000, describe: 'all have ended' },
    );
    const seconds = secondsSince(began);
    await stop();
    const notAnswered = during.filter(({ status }) => status !== 200).length;
    console.table({
      'dry run, ms': dryMs.toFixed(0),
      'taking the order, ms': takenMs.toFixed(0),
      'ending all, s': seconds.toFixed(1),
      ended: standing.ended,
      'failed attempts': standing.failed,
      'checks before, ms': figures(quiet.map(({ latency }) => latency)),
      'checks beside it, ms': figures(during.map(({ latency }) => latency)),
      'checks not answered 200': notAnswered,
    });
    expect(standing).toMatchObject({ matched: bulk.sessions, ended: bulk.sessions });
    expect(notAnswered).toBe(0);
  }, 180_000);

  it('makes a sign-in pay for the indexes', async () => {
    const rows: Record<string, string> = {};
    const insert = async (name: string, offset: number): Promise<void> => {
      const times: number[] = [];
      for (let index = 0; index < 2_000; index += 1) {
        const began = performance.now();
        await admin.query(sessionsOf({ number: 'n + 50000000' }), [offset + index, offset + index, 'now']);
        times.push(performance.now() - began);
      }
      rows[name] = figures(times).median;
    };
    await insert('with', 0);
    await admin.query('drop index sessions_by_age');
    await insert('without the one by age', 10_000);
    await admin.query('drop index sessions_by_address');
    await insert('without both', 20_000);
    console.table(rows);
  }, 60_000);

  /** One after another over a connection of its own; returns a function that stops and tells how many came. */
  async function grow(insert: string): Promise<() => Promise<number>> {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    const over = new AbortController();
    let inserted = 0;
    const growth = (async () => {
      for (; !over.signal.aborted; inserted += 1) {
        // None that a bulk end would end.
        const number = inserted * 10 + 1;
        await other.query(insert, [number, number, 'now']);
      }
    })();
    return async () => {
      over.abort();
      await growth;
      await other.end();
      return inserted;
    };
  }
});

const secondsSince = (began: number): number => (performance.now() - began) / 1000;

function figures(times: readonly number[]): { median: string; p95: string; worst: string } {
  return {
    median: quantile(times, 0.5).toFixed(1),
    p95: quantile(times, 0.95).toFixed(1),
    worst: quantile(times, 1).toFixed(1),
  };
}
