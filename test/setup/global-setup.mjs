import { startSharedServers } from './shared-servers.mjs';

/** Runs once before all test files; jest's workers inherit the environment. */
export default async function setup() {
  Object.assign(process.env, await startSharedServers());
}
