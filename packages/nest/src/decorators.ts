import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { RollcallPrincipal } from './principal.js';

export type Access = 'public' | 'optional';

export const accessKey = 'rollcall:access';

/** Anybody may call; no token is looked at. */
export const Public = () => SetMetadata(accessKey, 'public' satisfies Access);

/** Whoever brings no token may call, too. A token that is brought must be good. */
export const OptionalAuth = () => SetMetadata(accessKey, 'optional' satisfies Access);

const principals = new WeakMap<object, RollcallPrincipal | null>();

export function attach(request: object, principal: RollcallPrincipal | null): void {
  principals.set(request, principal);
}

/** Who asks; null for nobody. Throws where the guard has not run, so that forgetting it is no open door. */
export function principalOf(request: object): RollcallPrincipal | null {
  const principal = principals.get(request);
  if (principal === undefined) throw new Error('RollcallGuard has not judged this request');
  return principal;
}

/** Who asks: a RollcallPrincipal; null on routes that are open to nobody in particular. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): RollcallPrincipal | null =>
    principalOf(context.switchToHttp().getRequest<object>()),
);
