import type { FastifyContextConfig } from 'fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA as key } from '@nestjs/platform-fastify/constants.js';

/** Adds to what Fastify's hooks know of the route; Nest's own decorator would replace what others have said. */
export const routeConfig =
  (part: FastifyContextConfig): MethodDecorator =>
  (_target, _name, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const said = Reflect.getMetadata(key, handler) as FastifyContextConfig | undefined;
    Reflect.defineMetadata(key, { ...said, ...part }, handler);
  };
