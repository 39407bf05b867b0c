import { instant, moment, pageQuery } from '@app/http';
import type { AuditSearch } from '@app/audit';
import { parseSessionId } from '@app/kernel';
import { z } from 'zod';
import { eventType } from './events.schemas.js';

const filterShape = {
  actor_id: z.uuid('must be an id').optional().meta({ description: 'Who did it.' }),
  user_id: z.uuid('must be an id').optional().meta({ description: 'Whom it concerns.' }),
  session_id: z
    .string('must be text')
    .refine((text) => parseSessionId(text) !== null, { error: 'must be the id of a session' })
    .optional(),
  type: z
    .string('must be text')
    .regex(eventType, 'must be a type such as user.disabled')
    .optional()
    .meta({ example: 'user.disabled' }),
  from: moment.optional().meta({ description: 'Included.' }),
  to: moment.optional().meta({ description: 'Not included.' }),
};

export const auditExportQuery = z.object(filterShape);
export type AuditExportQuery = z.infer<typeof auditExportQuery>;

export const auditQuery = pageQuery.extend(filterShape);
export type AuditQuery = z.infer<typeof auditQuery>;

export function toAuditSearch(query: AuditExportQuery): AuditSearch {
  return {
    actorId: query.actor_id,
    userId: query.user_id,
    sessionId: query.session_id,
    type: query.type,
    from: query.from,
    to: query.to,
  };
}

export const auditRecordView = z
  .object({
    seq: z.int(),
    /** Of the event log; 0 for what the audit says of itself. */
    event_id: z.int(),
    type: z.string(),
    at: instant,
    /** `user`, a `command` of an operator, the `system` by itself, or `unknown`. */
    actor_kind: z.enum(['user', 'command', 'system', 'unknown']),
    actor_id: z.string().nullable(),
    user_id: z.string().nullable(),
    session_id: z.string().nullable(),
    token_id: z.string().nullable(),
    reason: z.string().nullable(),
    ip_address: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    previous_hash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRecord' });

export const auditListView = z
  .object({ records: z.array(auditRecordView), count: z.int(), next_page_token: z.string().nullable() })
  .meta({ id: 'AuditRecordList' });

export const auditRecordExample: z.input<typeof auditRecordView> = {
  seq: 4711,
  event_id: 4790,
  type: 'user.disabled',
  at: '2026-11-20T09:30:00.000Z',
  actor_kind: 'user',
  actor_id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11',
  user_id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10',
  session_id: null,
  token_id: null,
  reason: 'ticket 4711',
  ip_address: null,
  details: {},
  previous_hash: '5f9c3e0d7b2a81466d0f1c9e8a7b5d4c3f2e1d0c9b8a796857463524130f1e2d',
  hash: 'c0ffee7d5b3a190817263544536271809f8e7d6c5b4a39281706f5e4d3c2b1a0',
};

const finding = z.object({
  kind: z.enum([
    'altered',
    'removed',
    'inserted',
    'reordered',
    'replaced',
    'truncated',
    'state',
    'unrecorded',
    'unexpected',
  ]),
  seq: z.int().nullable(),
  text: z.string(),
});

export const auditVerificationView = z
  .object({
    length: z.int(),
    /** Hash of the last record. */
    head: z.string(),
    /** Number of the last record that was removed because of its age. */
    purged: z.int(),
    last_verification: z
      .object({
        at: instant,
        whole: z.boolean(),
        checked: z.int(),
        length: z.int(),
        head: z.string(),
        finding: finding.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'AuditVerification' });

export const auditVerificationExample: z.input<typeof auditVerificationView> = {
  length: 4711,
  head: auditRecordExample.hash,
  purged: 0,
  last_verification: {
    at: '2026-11-20T03:00:00.000Z',
    whole: true,
    checked: 4600,
    length: 4600,
    head: auditRecordExample.previous_hash,
    finding: null,
  },
};
