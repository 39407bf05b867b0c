import { ApiClient, toDevice } from '../../faults/support/api-client.js';
import { Asking } from '../../faults/support/asking.js';
import type { Reply } from '../../faults/support/http.js';
import { aPerson } from '../../support/people.js';
import type { Deployment } from './deployment.js';

/** Milliseconds after which the first of them signs in anew; tokens live for ten minutes. */
const tokenLifeMs = 240_000;

/** What a company's services and people do all day, through the balancer and on connections that they keep. */
export async function beginTraffic(url: string): Promise<Asking[]> {
  const client = ApiClient.at(url, { keepAlive: true });
  let device = await client.register(aPerson());
  let since = performance.now();
  const check = async (): Promise<Reply> => {
    if (performance.now() - since < tokenLifeMs) return client.check(device.token);
    since = performance.now();
    const reply = await client.trySignIn(device.person);
    if (reply.status === 200) device = toDevice(device.person, reply, 200);
    return reply;
  };
  const other = await client.register(aPerson());
  const third = await client.register(aPerson());
  let { refreshToken } = other;
  const refresh = async () => {
    const reply = await client.ask('POST', '/auth/refresh', { body: { refresh_token: refreshToken } });
    refreshToken = reply.body.data?.refresh_token ?? refreshToken;
    return reply;
  };
  const busy = { callers: 4, pauseMs: 4 };
  return [
    new Asking(check, busy),
    new Asking(() => client.ask('GET', '/sessions', { token: device.token }), { pauseMs: 10 }),
    new Asking(refresh, { pauseMs: 25 }),
    new Asking(() => client.trySignIn(third.person), { pauseMs: 150 }),
  ];
}

/** Restarts the two instances in turn, each as soon as the one before serves again. */
export async function restartInTurn(deployment: Deployment, times: number): Promise<void> {
  for (let restart = 0; restart < times; restart += 1) {
    const name = restart % 2 === 0 ? 'api-1' : 'api-2';
    const exit = await deployment.running.get(name)!.stop();
    if (exit.code !== 0) throw new Error(`${name} ended with ${exit.code ?? exit.signal}`);
    await deployment.startMember(name);
  }
}

/** Answers that are no success, by kind: how often. */
export async function endTraffic(
  traffic: readonly Asking[],
): Promise<{ answered: number; failed: string[] }> {
  await Promise.all(traffic.map((asking) => asking.stop()));
  const answers = traffic.flatMap((asking) => [...asking.answers]);
  return {
    answered: answers.reduce((sum, [, count]) => sum + count, 0),
    failed: answers.filter(([kind]) => kind !== '200').map(([kind, count]) => `${count} × ${kind}`),
  };
}
