import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Orm } from './orm.js';

/**
 * Gives the statement that `make` has prepared for a connection, making it at the first call. Building a statement
 * anew costs this process some 50 µs, and Postgres as much as running it to parse and plan it; both are done once
 * per connection, so what is lost with a connection is prepared again on the next. Names are unique in the product.
 */
export function preparedOnce<Statement extends object>(
  make: (orm: Orm) => Statement,
): (orm: Orm) => Statement {
  const made = new WeakMap<Orm, Statement>();
  return (orm) => {
    const known = made.get(orm);
    if (known) return known;
    const statement = make(orm);
    made.set(orm, statement);
    return statement;
  };
}

/** As `prepare` of drizzle's builders, for statements that they cannot express. Values come to it as they are given. */
export function prepareSql(
  orm: Orm,
  { name, statement }: { name: string; statement: SQL },
): { execute(values: Record<string, unknown>): Promise<{ rows: unknown[] }> } {
  const query = new PgDialect().sqlToQuery(statement);
  const prepared = orm._.session.prepareQuery(query, undefined, name, false);
  return { execute: (values) => prepared.execute(values) as Promise<{ rows: unknown[] }> };
}
