export { Client } from './client-facts.js';
export { RouteNotFoundError } from './errors/http.errors.js';
export { ForwardAuth, ForwardedAccess } from './forward-auth/forward-auth.js';
export {
  accessModeKey,
  type AccessMode,
  BeforePasswordChange,
  ForClients,
  NeedsSession,
  Public,
  RefreshToken,
  SignedToken,
} from './guards/access.js';
export { AdminOnly, assertAdministrator } from './guards/admin.guard.js';
export { clientCredentials } from './guards/client-credentials.js';
export { CurrentClient } from './guards/client.guard.js';
export type { Credential } from './guards/credentials.js';
export { Fresh } from './guards/freshness.guard.js';
export {
  type AuthenticatedRequest,
  CurrentCredential,
  CurrentPrincipal,
  principalOf,
} from './guards/session.guard.js';
export { HttpModule } from './http.module.js';
export { oauthErrorComponent, oauthErrorSchema } from './openapi/oauth-error.schema.js';
export { ReturnsToClients } from './openapi/returns-to-clients.js';
export {
  adminProblems,
  bodyProblems,
  problemComponent,
  problemSchema,
  sessionProblems,
} from './openapi/problem.schema.js';
export { alsoAsStream, moveStreams, ReturnsStream } from './openapi/returns-stream.js';
export { ReturnsLines } from './openapi/returns-lines.js';
export { ReturnsImage } from './openapi/returns-image.js';
export { answerImage } from './image-reply.js';
export { decodePageToken, nextPageToken, type PageQuery, pageQuery } from './paging.js';
export { problemResponses, Returns } from './openapi/returns.js';
export { RateLimit } from './limits/rate-limit.decorator.js';
export { answerPropagation } from './propagation.js';
export { emailText, humanText, instant, moment, passwordText } from './schemas.js';
export { dashboardFolder, servePages } from './server/app-pages.js';
export { createAdapter } from './server/create-adapter.js';
export { readUpload, TakesUpload } from './server/upload-body.js';
export { prepareServer } from './server/prepare-server.js';
export { RouteTable } from './server/route-table.js';
export { EventStreams } from './streams/event-streams.js';
export { cursorOf, logFrames } from './streams/log-frames.js';
export { CrossSiteDefence } from './transport/cross-site-defence.js';
export { SessionCookies } from './transport/session-cookies.js';
