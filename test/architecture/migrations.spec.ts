import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool, type ToolOutput, withFixtureTree } from './fixture-tree.js';

/** The previous version ends with the first; only what is newer is judged. */
const previous = JSON.stringify({ commit: 'x', migration: '0000_old' });

function check(newer: string): ToolOutput {
  const sources = {
    'db/previous.json': previous,
    'db/migrations/0000_old.sql': 'DROP TABLE "before_the_rule";',
    'db/migrations/0001_new.sql': newer,
  };
  return withFixtureTree(sources, [], (folder) => runTool(folder, 'scripts/check-migrations.mjs', []));
}

const rulesIn = ({ stderr }: ToolOutput): string[] =>
  [...stderr.matchAll(/\[([a-z-]+)\]$/gm)].map(([, rule]) => rule!);

const violations: readonly (readonly [rule: string, statement: string])[] = [
  ['no-drop', 'DROP TABLE "devices";'],
  ['no-drop', 'ALTER TABLE "users" DROP COLUMN "full_name";'],
  ['no-drop', 'alter table users drop constraint users_role_known;'],
  ['no-drop', 'TRUNCATE event_log;'],
  ['no-drop-index', 'DROP INDEX "sessions_by_age";'],
  ['no-rename', 'ALTER TABLE "users" RENAME COLUMN "full_name" TO "name";'],
  ['no-rename', 'ALTER TABLE "users" RENAME TO "people";'],
  ['no-type-change', 'ALTER TABLE "users" ALTER COLUMN "gen" SET DATA TYPE text;'],
  ['no-type-change', 'alter table users alter gen type text;'],
  ['no-set-not-null', 'ALTER TABLE "users" ALTER COLUMN "username" SET NOT NULL;'],
  ['no-required-column', 'ALTER TABLE "users" ADD COLUMN "phone" text NOT NULL;'],
  ['no-computed-default', 'ALTER TABLE "users" ADD COLUMN "code" uuid DEFAULT gen_random_uuid() NOT NULL;'],
  ['no-narrower-check', 'ALTER TABLE "users" ADD CONSTRAINT "a" CHECK ("gen" > 0);'],
  ['no-narrower-check', 'ALTER TABLE "oauth_clients" ADD CONSTRAINT "a" UNIQUE("name");'],
  ['no-index-on-big-table', 'CREATE INDEX "a" ON "sessions" USING btree ("label");'],
  ['no-index-on-big-table', 'create unique index a on public.event_log (id);'],
  ['no-update-of-all', 'UPDATE "users" SET "gen" = 1;'],
  ['no-update-of-all', 'delete from sessions;'],
];

/** A row of an instance, client, endpoint, key or order, or one in all. */
const staySmall = [
  'audit_chain',
  'audit_verification',
  'bulk_end_batches',
  'bulk_ends',
  'event_log_purges',
  'instances',
  'log_readers',
  'oauth_clients',
  'rollup_state',
  'signing_keys',
  'webhook_endpoints',
];

describe('check of migrations', () => {
  it.each(violations)('%s refuses %s', (rule, statement) => {
    const output = check(`CREATE TABLE "fresh" ("id" text);\n--> statement-breakpoint\n${statement}`);
    expect(rulesIn(output)).toEqual([rule]);
    expect(output.code).toBe(1);
  });

  it('knows of every table whether it grows', () => {
    const folder = 'db/migrations';
    const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
    const tables = files.flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/^CREATE TABLE "(\w+)"/gm)].map(
        ([, table]) => table!,
      ),
    );
    const indexes = tables.map((table) => `CREATE INDEX "a" ON "${table}" USING btree ("id");`);
    const { stderr } = check(indexes.join('--> statement-breakpoint\n'));
    const grow = new Set([...stderr.matchAll(/ON "(\w+)"/g)].map(([, table]) => table!));
    expect(tables.filter((table) => !grow.has(table)).toSorted()).toEqual(staySmall);
  });

  it('finds each of several statements, with or without the separator of the tool', () => {
    const { stderr } = check('DROP TABLE "a";\nDROP TABLE "b";--> statement-breakpoint\nDROP TABLE "c";');
    expect(stderr.match(/DROP TABLE "[abc]"/g)).toEqual([
      'DROP TABLE "a"',
      'DROP TABLE "b"',
      'DROP TABLE "c"',
    ]);
  });

  it('lets pass what expands', () => {
    const output = check(
      [
        'CREATE TABLE "fresh" ("id" text NOT NULL, "user_id" uuid NOT NULL);',
        'CREATE UNIQUE INDEX "a" ON "fresh" USING btree ("id");',
        'CREATE INDEX "b" ON "oauth_clients" USING btree ("name");',
        'ALTER TABLE "fresh" ADD CONSTRAINT "c" FOREIGN KEY ("user_id") REFERENCES "users" ("id");',
        'ALTER TABLE "users" ADD COLUMN "phone" text;',
        `ALTER TABLE "users" ADD COLUMN "kind" text DEFAULT 'a' NOT NULL;`,
        'ALTER TABLE "users" ALTER COLUMN "username" DROP NOT NULL;',
        'INSERT INTO "fresh" VALUES (1);',
        'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ begin\n drop table users;\n end $$;',
        'CREATE TRIGGER t BEFORE TRUNCATE ON "users" EXECUTE FUNCTION f();',
      ].join('--> statement-breakpoint\n'),
    );
    expect({ stderr: output.stderr, code: output.code }).toEqual({ stderr: '', code: 0 });
  });

  it('accepts one statement with its reason, and no reason without need or substance', () => {
    const marked = '-- safe: nobody has written to it since 1.0\nDROP TABLE "a";--> statement-breakpoint\n';
    expect(check(marked).code).toBe(0);
    expect(rulesIn(check(`${marked}DROP TABLE "b";`))).toEqual(['no-drop']);
    expect(rulesIn(check('-- safe: yes\nDROP TABLE "a";'))).toEqual(['no-drop']);
    expect(rulesIn(check('-- safe: it is a new table\nCREATE TABLE "a" ("id" text);'))).toEqual([
      'needless-reason',
    ]);
  });

  it('are kept by this repository', () => {
    const { code, stdout, stderr } = runTool('.', 'scripts/check-migrations.mjs', []);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^migrations: \d+ files checked, 0 violations/);
  });
});
