/** What a username may be, wherever one is typed. It is compared as `normalizeUsername` leaves it. */
export const usernameRule = {
  /** UTF-16 units, as everywhere in the API. */
  minLength: 3,
  maxLength: 32,
  /** No `@`, which tells it from an address. */
  pattern: /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u,
} as const;
