import { readFileSync } from 'node:fs';

const schema = readFileSync('libs/config/src/environment.schema.ts', 'utf8');

/** Every variable that the product reads. */
export const settings = [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name!);

/** Names of the metrics in an expression, without what a histogram adds to them. */
export function metricsOf(expression: string): string[] {
  const names = expression.match(/rollcall_[a-z_]+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|count|sum)$/, ''));
}
