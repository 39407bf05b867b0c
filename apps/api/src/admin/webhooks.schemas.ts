import { humanText, instant, moment, pageQuery } from '@app/http';
import { countedUpTo, deliveryStates, isFilter } from '@app/webhooks';
import { z } from 'zod';
import { reason } from './act.js';

const day = 86_400;

const url = z
  .string('must be text')
  .max(2_048, 'must have at most 2048 characters')
  .refine((text) => URL.canParse(text), 'must be an address such as https://example.com/hooks');

const events = z
  .array(z.string('must be text').refine(isFilter, 'must be a type of event, session.* or *'))
  .min(1, 'must not be empty')
  .max(50, 'must have at most 50 entries');

const label = humanText({ min: 1, max: 80 });

export const newWebhookBody = z.strictObject({ url, label, events, reason }).meta({
  id: 'NewWebhookRequest',
  example: { url: 'https://example.com/hooks', label: 'billing', events: ['session.ended', 'user.*'] },
});
export type NewWebhookBody = z.infer<typeof newWebhookBody>;

export const webhookBody = z
  .strictObject({ url: url.optional(), label: label.optional(), events: events.optional(), reason })
  .meta({ id: 'WebhookRequest', example: { events: ['session.*'], reason: 'also tell of new sessions' } });
export type WebhookBody = z.infer<typeof webhookBody>;

const rotationRequest = z
  .strictObject({
    overlap_seconds: z
      .number('must be a number')
      .int('must be a whole number')
      .min(0, 'must be at least 0')
      .max(7 * day, `must be at most ${7 * day}`)
      .default(day),
    reason,
  })
  .meta({ id: 'WebhookSecretRotationRequest', example: { overlap_seconds: day } });
export const rotationBody = z.preprocess((body) => body ?? {}, rotationRequest);
export type RotationBody = z.infer<typeof rotationBody>;

export const replayBody = z
  .strictObject({ what: z.enum(['dead', 'missed', 'all']), since: moment.optional(), reason })
  .refine((wish) => wish.what === 'dead' || wish.since !== undefined, {
    path: ['since'],
    error: 'must be given unless only dead ones are sent again',
  })
  .meta({ id: 'WebhookReplayRequest', example: { what: 'missed', since: '2026-11-20T09:30:00.000Z' } });
export type ReplayBody = z.infer<typeof replayBody>;

export const deliveryQuery = pageQuery.extend({
  state: z.enum(deliveryStates).optional(),
  type: z.string('must be text').max(80, 'is not a type of event').optional(),
});
export type DeliveryQuery = z.infer<typeof deliveryQuery>;

export const webhookView = z
  .object({
    id: z.string(),
    url: z.string(),
    label: z.string(),
    events: z.array(z.string()),
    state: z.enum(['enabled', 'disabled']),
    disabled_at: instant.nullable(),
    disabled_reason: z.string().nullable().meta({
      description:
        '`administrator`, `gone` (it answered 410) or `failing` (nothing has arrived for five days).',
    }),
    failing_since: instant.nullable(),
    /** In a row. */
    failures: z.int(),
    /** Nothing is sent before. */
    resumes_at: instant.nullable(),
    /** The secret before signs, too, until then. */
    old_secret_until: instant.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Webhook' });

export const webhookDetailView = webhookView
  .extend({
    unfinished: z.int().meta({ description: `Counted up to ${countedUpTo}.` }),
    dead: z.int().meta({ description: `Counted up to ${countedUpTo}.` }),
  })
  .meta({ id: 'WebhookDetail' });

export const webhookWithSecretView = webhookView.extend({ secret: z.string() }).meta({ id: 'WebhookSecret' });

export const webhookListView = z
  .object({ webhooks: z.array(webhookView), count: z.int() })
  .meta({ id: 'WebhookList' });

export const webhookDeletedView = z.object({ id: z.string() }).meta({ id: 'WebhookDeleted' });

export const deliveryView = z
  .object({
    id: z.string(),
    /** `webhook-id`, the same for each try. */
    message_id: z.string(),
    type: z.string(),
    session_id: z.string().nullable(),
    state: z.enum(deliveryStates),
    queued_at: instant,
    next_try_at: instant.nullable(),
    attempts: z.int(),
    last_try: z
      .object({
        at: instant,
        status: z.int().nullable(),
        error: z.string().nullable(),
        duration_ms: z.int(),
        response: z.string().nullable(),
      })
      .nullable(),
    finished_at: instant.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

export const deliveryListView = z
  .object({ deliveries: z.array(deliveryView), count: z.int(), next_page_token: z.string().nullable() })
  .meta({ id: 'WebhookDeliveryList' });

export const replayView = z
  .object({ queued: z.int(), continue_from: instant.nullable() })
  .meta({ id: 'WebhookReplay' });

export const webhookExample: z.input<typeof webhookView> = {
  id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22',
  url: 'https://example.com/hooks',
  label: 'billing',
  events: ['session.ended', 'user.*'],
  state: 'enabled',
  disabled_at: null,
  disabled_reason: null,
  failing_since: null,
  failures: 0,
  resumes_at: null,
  old_secret_until: null,
  created_at: '2026-11-20T09:00:00.000Z',
  updated_at: '2026-11-20T09:00:00.000Z',
};

export const secretExample = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

export const deliveryExample: z.input<typeof deliveryView> = {
  id: '4711',
  message_id: 'evt_101_mi7p2k0w',
  type: 'session.ended',
  session_id: '9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857',
  state: 'pending',
  queued_at: '2026-11-20T09:30:00.412Z',
  next_try_at: '2026-11-20T09:30:05.731Z',
  attempts: 1,
  last_try: {
    at: '2026-11-20T09:30:00.431Z',
    status: 503,
    error: 'http_503',
    duration_ms: 118,
    response: 'down for maintenance',
  },
  finished_at: null,
};
