import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';

/** How a route is reached. Without a decorator it is `session`: private is what happens when nobody thinks. */
export type AccessMode = 'public' | 'refresh' | 'token' | 'session';

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

/** Marks a controller whose routes need a session, for the API document; the guard is global. */
export const NeedsSession = () => applyDecorators(ApiBearerAuth(), ApiCookieAuth());
