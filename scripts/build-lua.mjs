/**
 * Turns every `lua/*.lua` of a lib into one TypeScript module beside the folder, so that tests, build and container
 * all run the same text and nothing has to be copied. `--check` proves that the committed module is fresh.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const isCheck = process.argv.includes('--check');
const folders = new Set(find('libs').map((file) => dirname(file)));
let stale = 0;

for (const folder of folders) {
  const target = join(dirname(folder), 'scripts.generated.ts');
  const content = moduleOf(find(folder).toSorted());
  if (isCheck && read(target) !== content) {
    console.error(`${target} is stale; run: npm run lua`);
    stale += 1;
  } else if (!isCheck) writeFileSync(target, content);
}
process.exit(stale > 0 ? 1 : 0);

function find(root) {
  return readdirSync(root, { recursive: true })
    .filter((file) => file.endsWith('.lua'))
    .map((file) => join(root, file));
}

function moduleOf(files) {
  const constants = files.map((file) => {
    const name = basename(file, '.lua')
      .replace(/-\d+$/, '')
      .replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
    const text = readFileSync(file, 'utf8');
    // SHA-1 is how Redis names a script (EVALSHA); it protects nothing.
    const digest = createHash('sha1').update(text).digest('hex');
    const literal = text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
    return `export const ${name}Script = {\n  digest: '${digest}',\n  text: \`${literal}\`,\n};\n`;
  });
  return `// Made by scripts/build-lua.mjs from lua/*.lua.\n\n${constants.join('\n')}`;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
