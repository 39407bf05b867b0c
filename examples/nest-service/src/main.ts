import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

const { ROLLCALL_URL = 'http://127.0.0.1:3000', PORT = '4000', MODE } = process.env;
const { ROLLCALL_CLIENT_ID: id, ROLLCALL_CLIENT_SECRET: secret } = process.env;
if (!id || !secret)
  throw new Error('ROLLCALL_CLIENT_ID and ROLLCALL_CLIENT_SECRET: rollcall clients create orders');

const rollcall = AppModule.with({
  // PUBLIC_URL of Rollcall; `baseUrl` is where this machine reaches it.
  issuer: process.env['ROLLCALL_ISSUER'] ?? ROLLCALL_URL,
  baseUrl: ROLLCALL_URL,
  client: { id, secret },
  mode: MODE === 'introspection' ? 'introspection' : 'offline',
});
const app = await NestFactory.create(rollcall, new FastifyAdapter());
app.enableShutdownHooks();
await app.listen(Number(PORT), '127.0.0.1');
