import type { Principal } from '@app/auth';
import type { HttpConfig } from '@app/config';
import {
  answerPropagation,
  bodyProblems,
  CurrentPrincipal,
  Fresh,
  humanText,
  NeedsSession,
  Returns,
  sessionProblems,
} from '@app/http';
import { SessionAuthority, SessionShares, ShareNotFoundError } from '@app/sessions';
import { Body, Controller, Delete, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { publicUrlToken } from '../public-url.js';
import { presentShare } from './sessions.presenter.js';
import { newShareView, shareEndedView, shareExample, shareListView } from './shares.schemas.js';

const shareBody = z
  .strictObject({
    minutes: z.int('must be a whole number').min(1, 'must be at least 1').max(1_440, 'must be at most 1440'),
    label: humanText({ min: 1, max: 80 }),
  })
  .meta({ id: 'ShareRequest', example: { minutes: 30, label: 'Support, Bob' } });

@ApiTags('Sessions')
@Controller('api/v1/sessions/shares')
@NeedsSession()
export class SharesController {
  constructor(
    private readonly shares: SessionShares,
    private readonly sessions: SessionAuthority,
    @Inject(publicUrlToken) private readonly publicUrl: HttpConfig['publicUrl'],
  ) {}

  @Post()
  @Fresh()
  @Returns({
    summary: 'Let somebody look at this session for a while',
    description:
      'The link is shown once and works once. The session it opens may only read, ends with this one, and can be ' +
      'neither extended nor shared on.',
    status: 201,
    data: newShareView,
    example: {
      ...shareExample,
      token: 'mF_9B5f41JqM',
      link: 'https://id.example.com/account/shared#mF_9B5f41JqM',
    },
    problems: [...bodyProblems, ...sessionProblems, 'FORBIDDEN', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async share(
    @Body({ schema: shareBody }) body: z.infer<typeof shareBody>,
    @CurrentPrincipal() { user, session }: Principal,
  ) {
    const parent = await this.sessions.get(session.id, user.id);
    const wish = { seconds: body.minutes * 60, label: body.label };
    const { share, token } = await this.shares.create(parent, wish);
    return { ...presentShare(share), token, link: `${this.publicUrl}/account/shared#${token}` };
  }

  @Get()
  @Fresh()
  @Returns({
    summary: 'List the shares of the account, newest first',
    data: shareListView,
    example: { shares: [shareExample], count: 1 },
    problems: [...sessionProblems, 'STEP_UP_REQUIRED'],
  })
  async listShares(@CurrentPrincipal() { user }: Principal) {
    const shares = await this.shares.list(user.id);
    return { shares: shares.map(presentShare), count: shares.length };
  }

  @Delete(':id')
  @Fresh()
  @ApiParam({ name: 'id', description: 'Id of the share, as listed', example: shareExample.id })
  @Returns({
    summary: 'End a share and the session it has opened',
    data: shareEndedView,
    example: { id: shareExample.id, propagation: 'complete' },
    problems: [...sessionProblems, 'NOT_FOUND', 'FORBIDDEN', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async endShare(
    @Param('id') id: string,
    @CurrentPrincipal() { user }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (!z.uuid().safeParse(id).success) throw new ShareNotFoundError();
    const ended = await this.shares.revoke(id, user.id);
    answerPropagation(reply, ended);
    return { id: ended.share.id, propagation: ended.propagation };
  }
}
