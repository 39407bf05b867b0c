import { type Principal, SessionCheck } from '@app/auth';
import { LogTail, type PlacedEvent } from '@app/event-log';
import {
  AdminOnly,
  adminProblems,
  assertAdministrator,
  type Credential,
  CurrentCredential,
  CurrentPrincipal,
  cursorOf,
  EventStreams,
  logFrames,
  ReturnsStream,
} from '@app/http';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { eventText } from './events.presenter.js';
import { eventStreamExample, type EventStreamQuery, eventStreamQuery } from './events.schemas.js';

/** A dashboard in a few tabs. */
const maxOfSession = 8;

/** After these it may be that their user may not listen any more. */
const unsettling: ReadonlySet<string> = new Set([
  'session.ended',
  'token.revoked',
  'user.disabled',
  'user.sessions_revoked',
  'user.updated',
]);

@ApiTags('Administration')
@Controller('api/v1/admin/events')
@AdminOnly()
export class EventsController {
  constructor(
    private readonly tail: LogTail,
    private readonly streams: EventStreams,
    private readonly check: SessionCheck,
  ) {}

  @Get()
  @ReturnsStream({
    summary: 'Watch what happens, live',
    description:
      'Every event of the log as soon as it is committed (Server-Sent Events), each with a cursor as `id`. Who comes back ' +
      'with it as `Last-Event-ID`, or as `after` on whatever instance, gets everything since, once. Without one it begins ' +
      'now. Events of transactions that knew nothing of each other may come in any order, all others in theirs. ' +
      '`event: reset` says that the cursor leads nowhere any more (another database, or removed events): what was missed is ' +
      'not told, and the stream goes on from now. A comment or an `id` alone comes at least every 15 s. The stream ends ' +
      'with the token that opened it, or when the session or the role does (`event: closed` with the code of the refusal), ' +
      'and when the instance stops; it counts as no use of the session.',
    example: eventStreamExample,
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  watch(
    @CurrentPrincipal() principal: Principal,
    @CurrentCredential() credential: Credential,
    @Query({ schema: eventStreamQuery }) query: EventStreamQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable | undefined> {
    return this.streams.open(request, reply, {
      owner: `session:${principal.session.id}`,
      maxOfOwner: maxOfSession,
      judge: async () => assertAdministrator((await this.check.authenticate(credential.token)).principal),
      prepare: () =>
        logFrames({
          tail: this.tail,
          cursor: cursorOf(request, query.after),
          begin: async () => 'now',
          tell: (event) => (isWanted(event, query) ? eventText(event) : null),
          look: ({ type, userId }, stream) => {
            if (userId === principal.user.id && unsettling.has(type)) stream.suspect();
          },
          heartbeatMs: this.streams.heartbeatMs,
        }),
    });
  }
}

function isWanted({ type, userId }: PlacedEvent, { types, user_id: wanted }: EventStreamQuery): boolean {
  return (types === undefined || types.includes(type)) && (wanted === undefined || wanted === userId);
}
