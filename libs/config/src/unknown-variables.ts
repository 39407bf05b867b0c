/** Prefixes that are ours: a variable that starts with one and that we do not know is a typing error. */
const ownPrefixes = [
  'ACCESS_TOKEN_',
  'ADMIN_',
  'ANALYTICS_',
  'FRESHNESS_',
  'LOG_',
  'METRICS_',
  'PASSWORD_',
  'RATE_LIMIT_',
  'REDIS_',
  'REFRESH_GRACE_',
  'RETENTION_',
  'SESSION_',
  'SHUTDOWN_',
  'SIGNING_KEY_',
  'SMTP_',
  'STREAM_',
  'WEBHOOK_',
];

/**
 * Set by others: desktop session managers, the password manager `pass`, Kubernetes (`REDIS_SERVICE_HOST`,
 * `REDIS_PORT=tcp://…`) and container links. Refusing them would stop the boot for something the operator never wrote.
 */
const foreign = /^SESSION_MANAGER$|^PASSWORD_STORE_|_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP)(_|$)|$)/;

/** Names that look like ours but are not read, each with the closest known name where one is near. */
export function unknownVariables(names: readonly string[], known: readonly string[]): string[] {
  return names
    .filter((name) => !known.includes(name) && !foreign.test(name))
    .filter((name) => ownPrefixes.some((prefix) => name.startsWith(prefix)))
    .map((name) => {
      const [nearest] = known
        .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
        .filter(({ distance }) => distance <= 2)
        .toSorted((left, right) => left.distance - right.distance);
      return nearest
        ? `${name} is not a known setting; did you mean ${nearest.candidate}?`
        : `${name} is not a known setting`;
    });
}

/** Levenshtein distance, two rows. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current[column] = Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1);
    }
    previous = current;
  }
  return previous[right.length]!;
}
