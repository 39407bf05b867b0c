import { findChromium } from './find-chromium.mjs';
import { startSharedServers } from './shared-servers.mjs';

/** PostgreSQL servers; on a big machine, workers share them. */
const most = 4;

/** Runs once before all test files; jest's workers inherit the environment. */
export default async function setup({ maxWorkers }) {
  const chromium = findChromium();
  if (chromium) process.env.TEST_CHROMIUM = chromium;
  Object.assign(process.env, await startSharedServers(Math.min(maxWorkers, most)));
}
