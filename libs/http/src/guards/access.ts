import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBasicAuth, ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';
import { routeConfig } from '../server/route-config.js';

/** How a route is reached. Without a decorator it is `session`: private is what happens when nobody thinks. */
export type AccessMode = 'public' | 'refresh' | 'token' | 'session' | 'client';

export const accessModeKey = 'rollcall:access';

/** Anybody may call. */
export const Public = () => SetMetadata(accessModeKey, 'public' satisfies AccessMode);

/** The caller brings a refresh token, in the body or as a cookie; the route checks it. */
export const RefreshToken = () => SetMetadata(accessModeKey, 'refresh' satisfies AccessMode);

/**
 * The caller holds a correctly signed token, but neither its expiry nor the session behind it is checked; only
 * for what must work after the session has ended, such as signing out twice.
 */
export const SignedToken = () =>
  applyDecorators(SetMetadata(accessModeKey, 'token' satisfies AccessMode), ApiBearerAuth(), ApiCookieAuth());

export const passwordKey = 'rollcall:password';

/** Open also to a session that has to choose another password first. */
export const BeforePasswordChange = () => SetMetadata(passwordKey, true);

/** Marks a controller whose routes need a session, for the API document; the guard is global. */
export const NeedsSession = () => applyDecorators(ApiBearerAuth(), ApiCookieAuth());

/**
 * The caller is a service with client credentials and speaks OAuth: forms in, errors of RFC 6749 §5.2 out. On each
 * handler: Nest reads the route's configuration there.
 */
export const ForClients = () =>
  applyDecorators(
    SetMetadata(accessModeKey, 'client' satisfies AccessMode),
    routeConfig({ oauth: true }),
    ApiBasicAuth(),
  );
