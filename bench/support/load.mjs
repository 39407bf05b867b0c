/** The client, in a process of its own: keep-alive connections, each with its own share of the sessions. */
import autocannon from 'autocannon';
import { userAgent } from './agent.mjs';
import { answers } from './child.mjs';

answers('load', async ({ url, sessions, connections, seconds }) => {
  let opened = 0;
  const share = Math.max(1, Math.floor(sessions.length / connections));
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    setupClient(client) {
      const from = (opened * share) % sessions.length;
      opened += 1;
      client.setRequests(
        sessions
          .slice(from, from + share)
          .map((headers) => ({ method: 'GET', headers: { 'user-agent': userAgent, ...headers } })),
      );
    },
  });
  const { errors, timeouts, non2xx, latency } = result;
  return {
    answered: result['2xx'],
    failed: errors + timeouts + non2xx,
    perSecond: result['2xx'] / result.duration,
    p50: latency.p50,
    p99: latency.p99,
    statuses: result.statusCodeStats,
  };
});
