export { Client } from './client-facts.js';
export { RouteNotFoundError } from './errors/http.errors.js';
export { BareReply } from './envelope.interceptor.js';
export {
  accessModeKey,
  type AccessMode,
  NeedsSession,
  Public,
  RefreshToken,
  SignedToken,
} from './guards/access.js';
export type { Credential } from './guards/credentials.js';
export { Fresh } from './guards/freshness.guard.js';
export { CurrentCredential, CurrentPrincipal } from './guards/session.guard.js';
export { HttpModule } from './http.module.js';
export { bodyProblems, problemComponent, problemSchema, sessionProblems } from './openapi/problem.schema.js';
export { Returns } from './openapi/returns.js';
export { decodePageToken, encodePageToken, linkNextPage, type PageQuery, pageQuery } from './paging.js';
export { answerPropagation } from './propagation.js';
export { emailText, humanText, instant, passwordText } from './schemas.js';
export { createAdapter } from './server/create-adapter.js';
export { prepareServer } from './server/prepare-server.js';
export { RouteTable } from './server/route-table.js';
export { CrossSiteDefence } from './transport/cross-site-defence.js';
export { SessionCookies } from './transport/session-cookies.js';
