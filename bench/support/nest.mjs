import 'reflect-metadata';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/**
 * Nest on Fastify with one route, `GET /session`, behind the guard if there is one. Written without decorator syntax,
 * which this Node does not read.
 */
export async function serveNest({ guard, providers = [], read }) {
  class SessionController {
    session(request) {
      return { success: true, data: read(request) };
    }
  }
  const { prototype } = SessionController;
  Req()(prototype, 'session', 0);
  Get('session')(prototype, 'session', Object.getOwnPropertyDescriptor(prototype, 'session'));
  if (guard) UseGuards(guard)(SessionController);
  Controller()(SessionController);

  // oxlint-disable-next-line typescript/no-extraneous-class -- its decorator is called below
  class AppModule {}
  Module({ controllers: [SessionController], providers })(AppModule);
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
  await app.listen(Number(process.env.PORT), '127.0.0.1');
}
