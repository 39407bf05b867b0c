import { findChromium } from './find-chromium.mjs';
import { startSharedServers } from './shared-servers.mjs';

/** Runs once before all test files; jest's workers inherit the environment. */
export default async function setup() {
  const chromium = findChromium();
  if (chromium) process.env.TEST_CHROMIUM = chromium;
  Object.assign(process.env, await startSharedServers());
}
