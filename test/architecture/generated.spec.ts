import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool, type ToolOutput, withFixtureTree } from './fixture-tree.js';

const tableFile = 'libs/users/src/infrastructure/postgres/users.table.ts';

const table = (columns: string): string =>
  `import { pgTable, text } from 'drizzle-orm/pg-core';
export const usersTable = pgTable('users', { id: text('id').primaryKey(), ${columns} });
`;

const committed = table(`name: text('name')`);

/** What the check says about a tree whose migrations were generated before `change`. */
function checkAfter(change: (folder: string) => void): ToolOutput {
  return withFixtureTree({ [tableFile]: committed }, ['drizzle.config.ts', 'package.json'], (folder) => {
    runTool(folder, 'node_modules/drizzle-kit/bin.cjs', ['generate']);
    change(folder);
    const before = readdirSync(join(folder, 'db/migrations'));
    const output = runTool(folder, 'scripts/check-generated.mjs', ['migrations']);
    expect(readdirSync(join(folder, 'db/migrations'))).toEqual(before);
    return output;
  });
}

describe('check of generated files', () => {
  it('accepts migrations that match the tables', () => {
    const { code, stdout } = checkAfter(() => undefined);
    expect(stdout).toContain('migrations: fresh');
    expect(code).toBe(0);
  });

  it('shows the SQL that is missing when a table has a new column', () => {
    const { code, stderr } = checkAfter((folder) => {
      writeFileSync(join(folder, tableFile), table(`name: text('name'), nick: text('nick')`));
    });
    expect(stderr).toContain('ADD COLUMN "nick" text');
    expect(code).toBe(1);
  });

  // drizzle-kit exits with 0 in both of these cases.
  it('fails when a column was renamed, about which drizzle-kit would ask', () => {
    const { code, stderr } = checkAfter((folder) => {
      writeFileSync(join(folder, tableFile), table(`label: text('label')`));
    });
    expect(stderr).toContain('could not compare tables and migrations');
    expect(code).toBe(1);
  });

  it('fails when a table file cannot be loaded', () => {
    const { code, stderr } = checkAfter((folder) => appendFileSync(join(folder, tableFile), 'not ( code'));
    expect(stderr).toContain('could not compare tables and migrations');
    expect(code).toBe(1);
  });

  it('fails when the API document was never written', () => {
    const { code, stderr } = withFixtureTree({ 'dist/apps/api/src/openapi.js': '' }, [], (folder) =>
      runTool(folder, 'scripts/check-generated.mjs', ['openapi']),
    );
    expect(stderr).toContain('openapi.json is missing. Run: npm run openapi');
    expect(code).toBe(1);
  });

  it('names the first line in which the API document differs', () => {
    const sources = {
      'openapi.json': '{\n  "version": 1\n}\n',
      'dist/apps/api/src/openapi.js': `process.stdout.write('{\\n  "version": 2\\n}\\n');`,
    };
    const { code, stderr } = withFixtureTree(sources, [], (folder) =>
      runTool(folder, 'scripts/check-generated.mjs', ['openapi']),
    );
    expect(stderr).toContain('line 2');
    expect(stderr).toContain('+   "version": 2');
    expect(code).toBe(1);
  });
});
