export type { Tokens, TokenStore } from './token-store.js';
export { MemoryTokenStore } from './token-store.js';
export { RollcallError, SessionOverError, UnreachableError } from './rollcall-error.js';
export type { Problem } from './rollcall-error.js';
export { createRollcallClient } from './rollcall-client.js';
export type { Answer, Call, RollcallClient, RollcallClientOptions } from './rollcall-client.js';
export type { components, operations, paths } from './schema.generated.js';
