import { AuditTrail, type AuditPlace } from '@app/audit';
import type { Principal } from '@app/auth';
import {
  adminProblems,
  AdminOnly,
  CurrentPrincipal,
  decodePageToken,
  moment,
  nextPageToken,
  Returns,
  ReturnsLines,
} from '@app/http';
import { Clock } from '@app/kernel';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { actOf } from './act.js';
import { linesOf, presentAuditRecord, presentStanding } from './audit.presenter.js';
import {
  type AuditExportQuery,
  auditExportQuery,
  auditListView,
  type AuditQuery,
  auditQuery,
  auditRecordExample,
  auditVerificationExample,
  auditVerificationView,
  toAuditSearch,
} from './audit.schemas.js';

const auditKey = z.tuple([moment, z.int().positive()]);

@ApiTags('Administration')
@Controller('api/v1/admin/audit')
@AdminOnly()
export class AuditController {
  constructor(
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Returns({
    summary: 'Show who did what to whom, newest first',
    description:
      'What happened shows within a second or so. `reason` is what the administrator gave. With more than one of ' +
      'actor, user, session and type a page may hold fewer than asked for, even none, and yet lead to a next one; the ' +
      'list is complete when `next_page_token` is null.',
    data: auditListView,
    example: { records: [auditRecordExample], count: 1, next_page_token: null },
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  async listAudit(
    @Query({ schema: auditQuery }) query: AuditQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = { size: query.page_size, after: placeOf(query.page_token) };
    const { records, next } = await this.trail.list(toAuditSearch(query), page);
    const token = nextPageToken(request, reply, next && [next.at.toISOString(), next.seq]);
    return { records: records.map(presentAuditRecord), count: records.length, next_page_token: token };
  }

  @Get('export')
  @ReturnsLines({
    summary: 'Export who did what to whom, oldest first',
    description:
      'One record a line (JSON Lines), as in the list; up to now. That it was exported, and what was asked for, is ' +
      'itself recorded. A reply that breaks off is incomplete: ask for the rest with `from`.',
    example: `${JSON.stringify(auditRecordExample)}\n`,
    problems: [...adminProblems, 'VALIDATION_FAILED', 'OVERLOADED'],
  })
  async exportAudit(
    @Query({ schema: auditExportQuery }) query: AuditExportQuery,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    const portions = await this.trail.export(toAuditSearch(query), actOf(principal, undefined));
    const day = this.clock.now().toISOString().slice(0, 10);
    void reply
      .type('application/x-ndjson')
      .header('content-disposition', `attachment; filename="audit-${day}.jsonl"`)
      .header('cache-control', 'no-store');
    return Readable.from(lines(portions), { objectMode: false, highWaterMark: 65_536 });
  }

  @Get('verification')
  @Returns({
    summary: 'Show how far the audit reaches and what its last verification said',
    description:
      'It is verified by the command `audit verify`, not here: that reads every record. `length` and `head`, kept ' +
      'elsewhere, let a later verification notice that the audit was set back.',
    data: auditVerificationView,
    example: auditVerificationExample,
    problems: adminProblems,
  })
  async showVerification() {
    return presentStanding(await this.trail.standing());
  }
}

function placeOf(token: string | undefined): AuditPlace | null {
  const key = decodePageToken(token, auditKey);
  return key && { at: key[0], seq: key[1] };
}

async function* lines(portions: AsyncIterable<Parameters<typeof linesOf>[0]>): AsyncGenerator<string, void> {
  for await (const portion of portions) yield linesOf(portion);
}
