/**
 * Writes the types of the typed client from openapi.json. `--check` writes nothing and fails if the committed file is not
 * what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const source = 'openapi.json';
const target = 'packages/client/src/schema.generated.ts';

const ast = await openapiTS(JSON.parse(readFileSync(source, 'utf8')), {
  // A default is what the server adds; the caller may leave the member out.
  defaultNonNullable: false,
});
const text = `// Written by \`npm run client\` from ${source}.\n${astToString(ast)}`;

if (process.argv.includes('--check')) {
  let committed = null;
  try {
    committed = readFileSync(target, 'utf8');
  } catch {
    // Missing is as stale as different.
  }
  if (committed !== text) {
    console.error(`${target} is not what ${source} says. Run: npm run client`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
