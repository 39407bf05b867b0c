import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpConfig } from '@app/config';
import type { Logger } from '@app/telemetry';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { InternalError, MalformedRequestError } from '../errors/http.errors.js';
import { toProblem } from '../errors/problem.js';
import { bodyLimitBytes } from './json-body.js';
import { apiHeaders } from './security-headers.js';

/** From the first byte to the last. */
const requestTimeoutMs = 10_000;

/** Between the answer to an unreadable request and the end of its connection. */
const lingerMs = 1_000;

const requestIdPattern = /^[\w.-]{1,64}$/;

/** A client may bring its own request id; anything that could break a log line or header is replaced. */
function requestId(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}

export function createAdapter(config: HttpConfig, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    // A child for each request would cost a microsecond, and what is logged names its request itself.
    childLoggerFactory: () => logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId as never,
    bodyLimit: bodyLimitBytes,
    trustProxy: trustProxy(config.trustProxy),
    // Slow or half-sent requests are cut (408); Fastify's default waits for ever.
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: {
      // Node's default of 60 s, being more than the request may take, would switch the limit off for bodies.
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
      insecureHTTPParser: false,
    },
    // Requests that arrive while closing are answered; idle sockets are closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerUnreadable,
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 256 },
    frameworkErrors: answerUnroutable,
  });
}

/** Hops are counted from the socket: number 0 is the peer itself. Nothing is trusted by default. */
function trustProxy(
  setting: HttpConfig['trustProxy'],
): false | string[] | ((address: string, hop: number) => boolean) {
  if (typeof setting !== 'number') return [...setting];
  return setting === 0 ? false : (_address, hop) => hop < setting;
}

/** An address that the router cannot decode (`/%zz`) has no route and so no filter. */
function answerUnroutable(
  error: Error & { statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const isClients = error.statusCode !== undefined && error.statusCode < 500;
  const refusal = isClients
    ? new MalformedRequestError('The address could not be read.')
    : new InternalError();
  const problem = toProblem(refusal, request.id);
  void reply
    .status(problem.status)
    .headers({ ...apiHeaders, 'x-request-id': request.id })
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}

/** Bytes that are no HTTP request never reach a route; the socket is answered by hand and closed. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const title = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }[
    status
  ];
  const problem = toProblem(new MalformedRequestError('The request could not be read.'), randomUUID());
  const body = JSON.stringify({ ...problem, status, title });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // A client that never closes its side would hold the connection for ever; closed at once, the answer might be lost.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
