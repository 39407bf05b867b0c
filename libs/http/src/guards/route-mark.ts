import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/** What a decorator says of a handler or else of its class; asked once for each handler, since it never changes. */
export class RouteMark<Value> {
  private readonly known = new Map<object, Value | undefined>();

  constructor(
    private readonly reflector: Reflector,
    private readonly key: string,
  ) {}

  of(context: ExecutionContext): Value | undefined {
    const handler = context.getHandler();
    if (this.known.has(handler)) return this.known.get(handler);
    const value = this.reflector.getAllAndOverride<Value | undefined>(this.key, [
      handler,
      context.getClass(),
    ]);
    this.known.set(handler, value);
    return value;
  }
}
