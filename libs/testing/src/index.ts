export { Browser } from './browser.js';
export { FakeClock } from './fake-clock.js';
export type { Target } from './fault-link.js';
export type { Direction, FaultMode } from './fault-mode.js';
export { FaultProxy } from './fault-proxy.js';
export { findProgram } from './find-program.js';
export { freePort } from './free-port.js';
export { ApiInstance, type InstanceExit, type InstanceOptions } from './instance-process.js';
export { createMigratedDatabase, openPatiently, type OpenStore, openStores } from './open-stores.js';
export { PostgresProcess, type PostgresSettings } from './postgres-process.js';
export { NginxProcess } from './nginx-process.js';
export { type PrometheusAlert, PrometheusProcess, type PrometheusTarget } from './prometheus-process.js';
export { RedisProcess, type RedisOptions } from './redis-process.js';
export {
  type RedisCluster,
  startRedisCluster,
  startSentinel,
  type WatchedPrimary,
} from './redis-topology.js';
export type { Exit } from './server-process.js';
export { createTestDatabase, type Migrate, type TestDatabase } from './test-database.js';
export { testServers } from './test-servers.js';
export { type Eventually, eventually } from './wait-until.js';
