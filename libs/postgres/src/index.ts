export { Database } from './database.js';
export type { FeedLink } from './drivers/feed-link.js';
export { EmbeddedDriver } from './drivers/embedded-driver.js';
export { ServerDriver } from './drivers/server-driver.js';
export { violatedUnique } from './faults.js';
export { SchemaError } from './migrations.js';
export { DatabaseUnreachableError, openDatabase, type OpenDatabase } from './open-database.js';
export type { Orm } from './orm.js';
export { PostgresModule } from './postgres.module.js';
