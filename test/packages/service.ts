import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { eventually } from '@app/testing';
import { type FeedStatus, RevocationFeed, type RollcallModuleOptions } from '@rollcall/nest';
import type { INestApplication } from '@nestjs/common';
import supertest, { type Test } from 'supertest';
import { AppModule } from '../../examples/nest-service/src/app.module.js';
import type { Api } from '../support/api.js';
import { aClientOf, type ClientCredentials } from '../support/clients.js';

export type Platform = 'fastify' | 'express';

interface ServiceOptions extends Partial<RollcallModuleOptions> {
  readonly platform?: Platform;
  readonly client: ClientCredentials;
}

/** Stands between a service and Rollcall; null hands on. */
export type Interference = (url: URL, hasEnded: AbortSignal) => Promise<Response> | null;

const running: INestApplication[] = [];

afterAll(async () => {
  for (const app of running.splice(0)) await app.close();
});

/** The example service, which checks the tokens of an API. */
export class Service {
  /** Addresses of Rollcall that it has asked for. */
  readonly asked: string[] = [];
  between: Interference = () => null;
  /** Milliseconds by which its clock is ahead of the real one. */
  ahead = 0;
  private app: INestApplication;

  static async start(api: Api, { platform = 'fastify', ...options }: ServiceOptions): Promise<Service> {
    const service = new Service();
    const rollcall = AppModule.with({
      issuer: api.config.tokens.issuer,
      baseUrl: `http://127.0.0.1:${api.port}`,
      mode: 'offline',
      monotonicMs: () => performance.now() + service.ahead,
      fetch: (url, init) => service.fetch(new URL(url), init),
      ...options,
    });
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    service.app = await NestFactory.create(rollcall, adapter, { logger: false, abortOnError: false });
    running.push(service.app);
    service.app.enableShutdownHooks();
    await service.app.listen(0, '127.0.0.1');
    return service;
  }

  get(path: string, token?: string): Test {
    const request = supertest(this.app.getHttpServer()).get(path);
    return token === undefined ? request : request.set('authorization', `Bearer ${token}`);
  }

  get feed(): FeedStatus {
    return this.app.get(RevocationFeed, { strict: false }).status;
  }

  async isFresh(): Promise<this> {
    await eventually(() => this.feed.state === 'fresh', {
      timeoutMs: 15_000,
      describe: 'the feed is followed',
    });
    return this;
  }

  /** In words: `200`, `401 SESSION_ENDED signout`. */
  async says(token: string): Promise<string> {
    const { status, body } = await this.get('/orders', token);
    return [status, body.code, body.end_reason].filter(Boolean).join(' ');
  }

  countOf(part: string): number {
    return this.asked.filter((path) => path.includes(part)).length;
  }

  private fetch(url: URL, init: RequestInit): Promise<Response> {
    this.asked.push(url.pathname);
    return this.between(url, init.signal!) ?? fetch(url, init);
  }
}

export async function aServiceOf(api: Api, options: Partial<ServiceOptions> = {}): Promise<Service> {
  return Service.start(api, { client: await aClientOf(api, 'resource'), ...options });
}
