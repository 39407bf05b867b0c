/** What to do with a good signature while it is not known which sessions have ended. */
export type StaleFeedPolicy =
  /** 503 with `Retry-After`. */
  | 'refuse'
  /** Ask about each token; 503 if that does not work either. */
  | 'introspect'
  /** Let it pass: ended sessions work until their tokens die, at most 15 minutes. */
  | 'allow';

export interface RollcallOptions {
  /** `PUBLIC_URL` of Rollcall, which is the `iss` of its tokens. */
  readonly issuer: string;
  /** Where this service reaches Rollcall, if not at the issuer. */
  readonly baseUrl?: string;
  /** `ACCESS_TOKEN_AUDIENCE` of Rollcall; `rollcall` unless told. */
  readonly audience?: string;
  /** Of `rollcall clients create NAME`; kind `resource` is enough. */
  readonly client: { readonly id: string; readonly secret: string };
  /**
   * `offline`: tokens are checked here, and the feed of revocations tells within a second which are dead; no request waits
   * for Rollcall. `introspection`: each is asked about, so that an ended session is refused at once.
   */
  readonly mode: 'offline' | 'introspection';
  readonly offline?: {
    /** Age in seconds at which the knowledge of revocations is stale; 10 unless told, 3 at least. */
    readonly staleAfterSeconds?: number;
    /** `refuse` unless told. */
    readonly onStaleFeed?: StaleFeedPolicy;
    /** Until everything that matters has been read for the first time; as `onStaleFeed` unless told. */
    readonly whileStarting?: StaleFeedPolicy;
  };
  readonly introspection?: {
    /** 1000 unless told. */
    readonly timeoutMs?: number;
    /** How long a good answer is believed. 0 unless told: an ended session lives as much longer. 60 at most. */
    readonly cacheSeconds?: number;
  };
  /** By how many seconds clocks may differ where a token's expiry is judged; 5 unless told, 30 at most. */
  readonly clockToleranceSeconds?: number;
  /** Instead of the global one. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Milliseconds since any moment, never set back; for tests. */
  readonly monotonicMs?: () => number;
}

/** The same with everything decided. */
export interface Settings {
  readonly issuer: string;
  readonly baseUrl: string;
  readonly audience: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly mode: 'offline' | 'introspection';
  readonly staleAfterMs: number;
  readonly onStaleFeed: StaleFeedPolicy;
  readonly whileStarting: StaleFeedPolicy;
  readonly introspectionTimeoutMs: number;
  readonly introspectionCacheMs: number;
  readonly clockToleranceSeconds: number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly monotonicMs: () => number;
}

const modes = ['offline', 'introspection'] as const;
const policies = ['refuse', 'introspect', 'allow'] as const;

/**
 * Throws RangeError for numbers and words that would make the guard unsafe, as from an environment that no compiler has
 * seen; TypeError for addresses that are none.
 */
export function settingsOf(options: RollcallOptions): Settings {
  const { offline = {}, introspection = {} } = options;
  const onStaleFeed = oneOf('onStaleFeed', offline.onStaleFeed ?? 'refuse', policies);
  const url = new URL(options.baseUrl ?? options.issuer);
  return {
    issuer: options.issuer,
    baseUrl: url.href.replace(/\/+$/, ''),
    audience: options.audience ?? 'rollcall',
    client: options.client,
    mode: oneOf('mode', options.mode, modes),
    staleAfterMs: within('staleAfterSeconds', offline.staleAfterSeconds ?? 10, [3, 600]) * 1_000,
    onStaleFeed,
    whileStarting: oneOf('whileStarting', offline.whileStarting ?? onStaleFeed, policies),
    introspectionTimeoutMs: within('timeoutMs', introspection.timeoutMs ?? 1_000, [50, 10_000]),
    introspectionCacheMs: within('cacheSeconds', introspection.cacheSeconds ?? 0, [0, 60]) * 1_000,
    // The feed keeps an entry for a minute longer than any token lives.
    clockToleranceSeconds: within('clockToleranceSeconds', options.clockToleranceSeconds ?? 5, [0, 30]),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    monotonicMs: options.monotonicMs ?? (() => performance.now()),
  };
}

function within(name: string, value: number, [min, max]: readonly [number, number]): number {
  if (value >= min && value <= max) return value;
  throw new RangeError(`${name} must be ${min} to ${max}, not ${value}`);
}

function oneOf<T extends string>(name: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value;
  throw new RangeError(`${name} must be one of ${known.join(', ')}, not ${value}`);
}
