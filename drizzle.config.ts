import { defineConfig } from 'drizzle-kit';

/** Tables live beside the repositories that use them; the SQL that drizzle-kit writes is read before it is run. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './libs/*/src/infrastructure/postgres/*.table.ts',
  out: './db/migrations',
});
