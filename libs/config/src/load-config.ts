import { type Config, toConfig } from './config.js';
import { type Environment, environmentSchema } from './environment.schema.js';
import { unknownVariables } from './unknown-variables.js';

/** The environment cannot be used; `problems` holds one line each, safe to print. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

type RawEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the environment once into one frozen object. Throws ConfigError with every problem found, never only
 * the first. Values are not repeated in the problems: any of them may be a secret.
 */
export function loadConfig(raw: RawEnvironment = process.env): Config {
  const present = Object.fromEntries(
    Object.entries(raw).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const problems = unknownVariables(Object.keys(present), Object.keys(environmentSchema.shape));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  } else {
    problems.push(...contradictions(parsed.data));
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(toConfig(parsed.data));
}

/** Values that are fine alone and wrong together. */
function contradictions(env: Environment): string[] {
  const found: string[] = [];
  if (env.NODE_ENV === 'production' && !env.SECRET_KEY && env.DATABASE_URL) {
    found.push('SECRET_KEY is required in production; make one with: openssl rand -hex 32');
  }
  if (env.REDIS_ENABLED === true && !env.REDIS_URL)
    found.push('REDIS_URL is required when REDIS_ENABLED is true');
  if (env.SMTP_URL && !env.MAIL_FROM) found.push('MAIL_FROM is required when SMTP_URL is set');
  if (env.SMTP_URL && !isUsable(env.SMTP_URL))
    found.push('SMTP_URL must name a host, with user and password percent-encoded');
  for (const profile of ['', 'STRICT_', 'ADMIN_', 'REMEMBER_'] as const) {
    const [idle, absolute] = [`SESSION_${profile}IDLE_TTL`, `SESSION_${profile}ABSOLUTE_TTL`] as const;
    if (env[idle] > env[absolute]) found.push(`${idle} must not exceed ${absolute}`);
  }
  if (env.ADMIN_PASSWORD && !env.ADMIN_EMAIL)
    found.push('ADMIN_EMAIL is required when ADMIN_PASSWORD is set');
  if (env.ADMIN_PASSWORD && [...env.ADMIN_PASSWORD].length < env.PASSWORD_MIN_LENGTH) {
    found.push(`ADMIN_PASSWORD must have at least ${env.PASSWORD_MIN_LENGTH} characters`);
  }
  return found;
}

function isUsable(url: string): boolean {
  const { hostname, username, password } = new URL(url);
  return hostname !== '' && isDecodable(username) && isDecodable(password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A stray percent sign.
    return false;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
