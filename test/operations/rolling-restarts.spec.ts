import { Deployment } from './support/deployment.js';
import { beginTraffic, endTraffic, restartInTurn } from './support/rolling.js';

/** `npm run bench:rolling` makes a hundred. */
const restarts = Number(process.env.ROLLING_RESTARTS ?? 6);

describe('two instances behind the nginx of deploy/', () => {
  it(
    'are restarted in turn under load, and no request fails',
    async () => {
      const deployment = await Deployment.start();
      const traffic = await beginTraffic(deployment.url);
      await restartInTurn(deployment, restarts);
      const { answered, failed } = await endTraffic(traffic);
      expect(failed).toEqual([]);
      expect(answered).toBeGreaterThan(restarts * 100);
      process.stdout.write(`${restarts} restarts, ${answered} requests, none failed\n`);
    },
    Math.max(60_000, restarts * 20_000),
  );
});
