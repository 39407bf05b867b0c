import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';

const bareKey = 'rollcall:bare';

/** For replies whose form somebody else has fixed (JWKS, probes). */
export const BareReply = () => SetMetadata(bareKey, true);

/** `{ "success": true, "data": … }` around what a controller returns. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.reflector.get<true | undefined>(bareKey, context.getHandler())) return next.handle();
    return next.handle().pipe(map((data: unknown) => ({ success: true, data })));
  }
}
