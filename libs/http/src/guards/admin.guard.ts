import type { Principal } from '@app/auth';
import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AdministratorsOnlyError } from '../errors/http.errors.js';
import { NeedsSession } from './access.js';
import { requestOf } from '../http-context.js';
import { RouteMark } from './route-mark.js';
import type { AuthenticatedRequest } from './session.guard.js';

const adminKey = 'rollcall:admin';

/**
 * Only for administrators, in a session that was opened as one: short-lived and on no shared link (ASVS v5.0.0-8.4.2).
 * On the controller, so that a route which is added later is closed.
 */
export const AdminOnly = () => applyDecorators(SetMetadata(adminKey, true), NeedsSession());

/** Global, after the session guard. The role is the one of now: whoever has lost it is refused with the next request. */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly admin: RouteMark<true>;

  constructor(reflector: Reflector) {
    this.admin = new RouteMark(reflector, adminKey);
  }

  canActivate(context: ExecutionContext): boolean {
    if (!this.admin.of(context)) return true;
    const { principal }: AuthenticatedRequest = requestOf(context);
    if (!principal) throw new Error('AdminOnly is used on a route without a session');
    assertAdministrator(principal);
    return true;
  }
}

/** Throws AdministratorsOnlyError. */
export function assertAdministrator({ user: { role }, session: { profile, scope } }: Principal): void {
  if (role !== 'admin' || profile !== 'admin' || scope !== 'full') throw new AdministratorsOnlyError();
}
