import type { Readable } from 'node:stream';
import {
  decodePlace,
  encodePlace,
  LogFollower,
  type LogPage,
  LogPages,
  type LogPlace,
  LogTail,
} from '@app/event-log';
import {
  alsoAsStream,
  clientCredentials,
  CurrentClient,
  cursorOf,
  EventStreams,
  ForClients,
  logFrames,
  RateLimit,
  ReturnsToClients,
} from '@app/http';
import { Clock } from '@app/kernel';
import { type Client, ClientDirectory } from '@app/tokens';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mattersFor, presentRevocation, revokingTypes } from './revocations.presenter.js';
import {
  revocationListView,
  revocationsExample,
  type RevocationsQuery,
  revocationsQuery,
  revocationStreamExample,
} from './revocations.schemas.js';

/** Processes of one service, each with a copy of the list. */
const maxOfClient = 100;

const description = `Ended sessions, revoked tokens and withdrawn keys, for services that verify tokens by themselves. Keep what is listed until
\`expires_at\` and refuse a token, though its signature is good and it has not expired, if any of these holds:

- \`sid\` is a \`session_id\` of kind \`session\`; \`jti\` is a \`jti\` of kind \`token\`; its \`kid\` is one of kind \`key\`
- \`sub\` is the \`user_id\` of an entry of kind \`user\`, and \`iat\` is before its \`issued_before\`

The entry of kind \`user\` is a fence: the sessions that it ended are listed one by one, too. Nothing else is needed, and no
clock but for \`expires_at\`. Without \`after\` the list has everything that still matters; go on with \`next\`, at once while
\`has_more\`. What is repeated is harmless. 410 \`CURSOR_GONE\`: the cursor is of another database, or what followed it is
removed; begin without it, and nothing that matters is missing. With \`Accept: text/event-stream\` the same comes as
Server-Sent Events, the cursor as \`id\`; \`event: reset\` stands for 410 and everything that matters follows.`;

@ApiTags('OAuth')
@Controller('api/v1/revocations')
export class RevocationsController {
  constructor(
    private readonly pages: LogPages,
    private readonly tail: LogTail,
    private readonly streams: EventStreams,
    private readonly clients: ClientDirectory,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ForClients()
  @RateLimit('client')
  @alsoAsStream(revocationStreamExample)
  @ReturnsToClients({
    summary: 'Follow what tokens are dead before their time',
    description,
    data: revocationListView,
    example: revocationsExample,
    reads: 'query',
    problems: ['CURSOR_GONE', 'OVERLOADED', 'RATE_LIMITED'],
  })
  async list(
    @CurrentClient() client: Client,
    @Query({ schema: revocationsQuery }) query: RevocationsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    void reply.header('vary', 'Accept, Authorization');
    if (wantsStream(request)) return this.stream(client, query, request, reply);
    const place = query.after === undefined ? await this.begin() : decodePlace(query.after);
    const found = await this.read(place, query.limit);
    const isWaiting = found.events.length === 0 && query.wait > 0;
    const page = isWaiting ? await this.readLater(client, found, query, request) : found;
    return {
      revocations: page.events.map(presentRevocation),
      next: encodePlace(page.next),
      has_more: page.hasMore,
    };
  }

  private stream(
    client: Client,
    query: RevocationsQuery,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Readable | undefined> {
    const { id, secret } = clientCredentials(request);
    return this.streams.open(request, reply, {
      owner: `client:${client.id}`,
      maxOfOwner: maxOfClient,
      judge: async () => this.clients.authenticate(id, secret),
      prepare: () =>
        logFrames({
          tail: this.tail,
          cursor: cursorOf(request, query.after),
          begin: () => this.begin(),
          tell: (event) => {
            const revocation = presentRevocation(event);
            return revocation && JSON.stringify(revocation);
          },
          heartbeatMs: this.streams.heartbeatMs,
        }),
    });
  }

  /** Before everything that still matters. */
  private begin(): Promise<LogPlace> {
    return this.pages.before(new Date(this.clock.now().getTime() - mattersFor * 1_000));
  }

  private async read(from: LogPlace, size: number): Promise<LogPage> {
    for (let place = from; ;) {
      const page = await this.pages.page(place, { size, types: revokingTypes });
      if (page.events.length > 0 || !page.hasMore) return page;
      place = page.next;
    }
  }

  private readLater(
    client: Client,
    { next: place }: LogPage,
    { wait, limit }: RevocationsQuery,
    request: FastifyRequest,
  ): Promise<LogPage> {
    const opening = { owner: `client:${client.id}`, maxOfOwner: maxOfClient };
    return this.streams.within(opening, async () => {
      const follower = await this.tail.follow(place);
      await this.untilSomething(follower, wait * 1_000, request);
      return this.read(place, limit);
    });
  }

  /** Or until nobody waits any more. */
  private async untilSomething(follower: LogFollower, ms: number, { raw }: FastifyRequest): Promise<void> {
    const waiting = { isOver: false };
    const stop = (): void => {
      waiting.isOver = true;
      follower.close();
    };
    const timer = setTimeout(stop, ms);
    const { whenClosing } = this.streams;
    whenClosing.addEventListener('abort', stop);
    raw.socket.once('close', stop);
    if (whenClosing.aborted || raw.socket.destroyed) stop();
    try {
      while (!waiting.isOver) {
        const events = await follower.next(ms);
        if (events.some(({ type }) => revokingTypes.includes(type))) break;
      }
    } finally {
      clearTimeout(timer);
      whenClosing.removeEventListener('abort', stop);
      raw.socket.off('close', stop);
      follower.close();
    }
  }
}

/** A browser or a library for streams says so; everybody else gets JSON. */
function wantsStream({ headers: { accept } }: FastifyRequest): boolean {
  return /(?:^|,)\s*text\/event-stream\s*(?:;|,|$)/i.test(accept ?? '');
}
