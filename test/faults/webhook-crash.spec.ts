import { setTimeout as pause } from 'node:timers/promises';
import { ApiInstance, eventually, type PostgresProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import { answers, type Received, WebhookReceiver } from '../support/webhook-receiver.js';
import { sequence } from './support/asking.js';
import { Instance, secretKey } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres } from './support/stores.js';

const goal = Number(process.env.KILLS ?? 6);
/** Milliseconds from the moment that a worker answers. */
const longestLife = 1_500;
const callers = 2;

const random = sequence(41);
let postgres: PostgresProcess;
let api: Instance;
let receiver: WebhookReceiver;
let secret: string;

interface Logged {
  readonly id: string;
  readonly lane: string;
}

const environment = (): Record<string, string> => ({
  DATABASE_URL: postgres.url,
  SECRET_KEY: secretKey,
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_TIMEOUT: '1',
});

beforeAll(async () => {
  [postgres, receiver] = await Promise.all([startPostgres(notDurable), WebhookReceiver.start()]);
  own(() => receiver.close());
  api = await Instance.start({ ...environment(), JOBS_ENABLED: 'false' });
  const { person, userId } = await api.api.register(aPerson());
  await sql(postgres.url, `update users set role = 'admin' where id = $1`, [userId]);
  const { token } = await api.api.signIn(person);
  const body = { url: receiver.url, label: 'crash', events: ['session.*', 'user.*'] };
  const made = await api.api.ask('POST', '/admin/webhooks', { token, body });
  expect(made.status).toBe(201);
  ({ secret } = (JSON.parse(made.text) as { data: { secret: string } }).data);
}, 60_000);

/** Takes its time, and now and then fails, says nothing or hangs up. */
const moody: WebhookReceiver['answer'] = (reply) => {
  const mood = random();
  if (mood < 0.05) return;
  if (mood < 0.1) return answers.die(reply);
  if (mood < 0.2) return answers.fail(reply);
  setTimeout(() => answers.take(reply), random() * 60);
};

/** The hold of a worker that has died, and the pauses after failures. */
const letPausesEnd = (): Promise<unknown> =>
  sql(
    postgres.url,
    `with awake as (update webhook_endpoints set resume_at = null)
     update webhook_deliveries set taken_until = now(), next_try_at = now() where next_try_at is not null`,
  );

async function liveAndDie(): Promise<void> {
  const worker = await ApiInstance.start({ env: environment(), main: 'dist/bin/worker.js' });
  await pause(random() * longestLife);
  await worker.kill9();
  await letPausesEnd();
}

/** What the log has that the endpoint wants to hear, by the session or else the user it is about. */
const logged = (): Promise<Logged[]> =>
  sql<Logged>(
    postgres.url,
    `select id::text, coalesce(session_id, user_id::text) as lane from event_log
      where id > (select min(id) from event_log where type = 'webhook.created')
        and (type like 'session.%' or type like 'user.%') order by event_log.id`,
  );

const eventOf = ({ headers }: Received): string => String(headers['webhook-id']).split('_')[1]!;

describe('kill -9 of the worker at random moments, with a receiver that fails', () => {
  it('loses no webhook, and each comes after those before it of the same session', async () => {
    receiver.answer = moody;
    const work = { isOver: false };
    const caller = async (): Promise<void> => {
      while (!work.isOver) {
        // What a busy machine refuses may have happened or not: the log knows.
        const device = await api.api.register(aPerson()).catch(() => null);
        if (device) await api.api.ask('POST', '/auth/signout', device);
      }
    };
    const dying = (async () => {
      for (let kill = 0; kill < goal; kill += 1) await liveAndDie();
    })().finally(() => (work.isOver = true));
    await Promise.all([dying, ...Array.from({ length: callers }, caller)]);

    const diedUnanswered = receiver.received.length - receiver.accepted.length;
    receiver.answer = answers.take;
    const last = await ApiInstance.start({ env: environment(), main: 'dist/bin/worker.js' });
    own(() => last.kill9());
    const events = await logged();
    await eventually(
      async () => {
        const rows = await sql(postgres.url, `select from webhook_deliveries where state = 'delivered'`);
        return rows.length === events.length;
      },
      { timeoutMs: 60_000, describe: 'all have been delivered' },
    );
    await last.stop();

    const order = [...new Set(receiver.accepted.map(eventOf))];
    const laneOf = new Map(events.map(({ id, lane }) => [id, lane]));
    const ofLane = (ids: readonly string[], lane: string) => ids.filter((id) => laneOf.get(id) === lane);
    const ids = events.map(({ id }) => id);
    expect(order.toSorted()).toEqual(ids.toSorted());
    for (const lane of new Set(laneOf.values())) expect(ofLane(order, lane)).toEqual(ofLane(ids, lane));
    expect(receiver.verified(secret)).toHaveLength(receiver.accepted.length);
    process.stdout.write(
      `${JSON.stringify({ kills: goal, events: events.length, accepted: receiver.accepted.length, diedUnanswered })}\n`,
    );
    expect(events.length).toBeGreaterThan(goal * 2);
    // Or the kills and moods would have met idle workers.
    expect(diedUnanswered).toBeGreaterThan(0);
  }, 180_000);
});
