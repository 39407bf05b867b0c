import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** One handle type for both drivers and for their transactions, so that a repository is written once. */
export type Orm = PgDatabase<PgQueryResultHKT>;
