export { CurrentPrincipal, OptionalAuth, principalOf, Public } from './decorators.js';
export { RevocationFeed, type FeedStatus } from './offline/revocation-feed.js';
export { RollcallException } from './rollcall.exception.js';
export { RollcallGuard } from './rollcall.guard.js';
export { RollcallModule, type RollcallAsyncOptions, type RollcallModuleOptions } from './rollcall.module.js';
export type { RollcallOptions, StaleFeedPolicy } from './rollcall.options.js';
export type { RollcallPrincipal } from './principal.js';
