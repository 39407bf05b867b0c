import type { Principal } from '@app/auth';
import {
  adminProblems,
  AdminOnly,
  answerPropagation,
  CurrentPrincipal,
  decodePageToken,
  Fresh,
  nextPageToken,
  pageQuery,
  Returns,
} from '@app/http';
import type { UserId } from '@app/kernel';
import { SessionShares, ShareNotFoundError } from '@app/sessions';
import { Controller, Delete, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { presentShare } from '../sessions/sessions.presenter.js';
import { shareEndedView, shareExample, shareView } from '../sessions/shares.schemas.js';
import { actOf, type ReasonQuery, reasonQuery } from './act.js';
import { accountExample } from './users.schemas.js';

const shareQuery = pageQuery.extend({ user_id: z.uuid('must be an id').optional() });
type ShareQuery = z.infer<typeof shareQuery>;

const shareKey = z.tuple([z.uuid()]);

const adminShareView = shareView
  .extend({ user_id: z.string(), parent_id: z.string() })
  .meta({ id: 'AdminShare' });

const adminShareListView = z
  .object({ shares: z.array(adminShareView), count: z.int(), next_page_token: z.string().nullable() })
  .meta({ id: 'AdminShareList' });

const adminShareExample = {
  ...shareExample,
  user_id: accountExample.id,
  parent_id: '9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857',
};

@ApiTags('Administration')
@Controller('api/v1/admin/shares')
@AdminOnly()
export class AdminSharesController {
  constructor(private readonly shares: SessionShares) {}

  @Get()
  @Returns({
    summary: 'List the shares that are good for something, newest first',
    data: adminShareListView,
    example: { shares: [adminShareExample], count: 1, next_page_token: null },
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  async listAllShares(
    @Query({ schema: shareQuery }) query: ShareQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const after = decodePageToken(query.page_token, shareKey)?.[0] ?? null;
    const owner = (query.user_id ?? null) as UserId | null;
    const found = await this.shares.listLive(owner, { size: query.page_size + 1, after });
    const shares = found.slice(0, query.page_size);
    const last = found.length > shares.length ? shares.at(-1) : undefined;
    const token = nextPageToken(request, reply, last ? [last.id] : null);
    return {
      shares: shares.map((share) => ({
        ...presentShare(share),
        user_id: share.userId,
        parent_id: share.parentId,
      })),
      count: shares.length,
      next_page_token: token,
    };
  }

  @Delete(':id')
  @Fresh()
  @ApiParam({ name: 'id', description: 'Id of the share', example: shareExample.id })
  @Returns({
    summary: 'End a share of anybody and the session it has opened',
    data: shareEndedView,
    example: { id: shareExample.id, propagation: 'complete' },
    problems: [...adminProblems, 'VALIDATION_FAILED', 'NOT_FOUND', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async endAnyShare(
    @Param('id') id: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (!z.uuid().safeParse(id).success) throw new ShareNotFoundError();
    const ended = await this.shares.revokeAny(id, actOf(principal, reason));
    answerPropagation(reply, ended);
    return { id: ended.share.id, propagation: ended.propagation };
  }
}
