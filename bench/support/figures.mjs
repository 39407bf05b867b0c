import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem, type } from 'node:os';

const require = createRequire(import.meta.url);

export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** `1.25 (1.20 to 1.31)`. */
export function spread(values, digits = 2) {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  const text = (value) => value.toFixed(digits);
  return values.length > 1 ? `${text(middle)} (${text(least)} to ${text(most)})` : text(middle);
}

/** Rows are objects of the same keys. */
export function markdown(rows) {
  const heads = Object.keys(rows[0]);
  const lines = [heads, heads.map(() => '---'), ...rows.map((row) => heads.map((head) => row[head]))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function machine() {
  const [{ model }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores of ${model.trim()}, ${memory} GB, ${type()}, Node ${process.versions.node}`;
}

/** Of installed packages, as the targets resolve them. */
export function versions(names) {
  return names.map((name) => `${name} ${versionOf(name)}`).join(', ');
}

function versionOf(name) {
  for (const folder of require.resolve.paths(name)) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version;
    } catch {
      // The next folder up has it.
    }
  }
  throw new Error(`${name} is not installed`);
}
