/**
 * What jest's global setup prepared for this run; every worker inherits it as environment. Reading a value
 * throws when the setup has not run.
 */
export const testServers = {
  /** The maintenance database of the PostgreSQL of this worker of jest, as superuser. fsync is off there. */
  get postgresUrl(): string {
    const urls = prepared('TEST_POSTGRES_URLS').split(' ');
    return urls[(Number(process.env.JEST_WORKER_ID ?? 1) - 1) % urls.length]!;
  },
  /** The folder with the `postgres` and `initdb` in use. */
  get postgresBinDir(): string {
    return prepared('TEST_POSTGRES_BIN_DIR');
  },
  /** A data folder fresh from initdb, never started; copied for each private cluster. */
  get postgresCluster(): string {
    return prepared('TEST_POSTGRES_CLUSTER');
  },
  /** The shared Redis. Use keys of your own, never FLUSHALL: other test files are using it too. */
  get redisUrl(): string {
    return prepared('TEST_REDIS_URL');
  },
  /** Path of the `redis-server` in use; `redis-cli` lies beside it. */
  get redisServer(): string {
    return prepared('TEST_REDIS_SERVER');
  },
  /** Path of the Chromium in use. */
  get chromium(): string {
    const path = process.env.TEST_CHROMIUM;
    if (path) return path;
    throw new Error(
      'The browser tests need a Chromium on the PATH or in TEST_CHROMIUM: apt-get install chromium.',
    );
  },
};

function prepared(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: test/setup/global-setup.mjs has not run.`);
  return value;
}
