import { Log } from '@app/telemetry';
import { type Client, ClientDirectory, InvalidClientError } from '@app/tokens';
import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type AccessMode, accessModeKey } from './access.js';
import { clientCredentials } from './client-credentials.js';
import { requestOf } from '../http-context.js';
import { RouteMark } from './route-mark.js';

interface ClientRequest extends FastifyRequest {
  client?: Client;
}

/** Global; judges the routes that are for clients and no others. */
@Injectable()
export class ClientGuard implements CanActivate {
  private readonly access: RouteMark<AccessMode>;

  constructor(
    reflector: Reflector,
    private readonly clients: ClientDirectory,
    private readonly log: Log,
  ) {
    this.access = new RouteMark(reflector, accessModeKey);
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.access.of(context) !== 'client') return true;
    const request: ClientRequest = requestOf(context);
    request.client = this.authenticate(request);
    return true;
  }

  private authenticate(request: ClientRequest): Client {
    try {
      const { id, secret } = clientCredentials(request);
      return this.clients.authenticate(id, secret);
    } catch (error) {
      // Not the id that was sent: people put their secret where the id belongs.
      if (error instanceof InvalidClientError) this.log.warn('client.refused', { address: request.ip });
      throw error;
    }
  }
}

/** Who asks on a route for clients. */
export const CurrentClient = createParamDecorator((_: unknown, context: ExecutionContext): Client => {
  const { client }: ClientRequest = requestOf(context);
  if (!client) throw new Error('CurrentClient is used on a route that is not for clients');
  return client;
});
