import { instant } from '@app/http';
import { z } from 'zod';
import { sessionExample, sessionView } from './sessions.schemas.js';

const paged = { count: z.int(), next_page_token: z.string().nullable() };

export const overSessionView = sessionView
  .extend({ end_reason: z.string(), ended_at: instant })
  .meta({ id: 'OverSession' });

export const historyView = z
  .object({ sessions: z.array(overSessionView), ...paged })
  .meta({ id: 'SessionHistory' });

export const overSessionExample = {
  ...sessionExample,
  is_active: false,
  is_current: false,
  end_reason: 'signout',
  ended_at: '2026-11-20T09:30:00.000Z',
};

const eventView = z
  .object({
    id: z.string(),
    type: z.string(),
    at: instant,
    session_id: z.string().nullable(),
    /** Address, device, reason: what is known of it. */
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'SecurityEvent' });

export const eventListView = z
  .object({ events: z.array(eventView), ...paged })
  .meta({ id: 'SecurityEventList' });

export const eventExample = {
  id: '4711',
  type: 'signin.new_device',
  at: '2026-11-20T09:00:00.000Z',
  session_id: sessionExample.id,
  details: { ip_address: '192.0.2.17', device: sessionExample.device },
};

const tally = z.array(z.object({ name: z.string(), count: z.int() }));

export const analyticsView = z
  .object({
    active_sessions: z.int(),
    total_sessions: z.int(),
    last_login_at: instant.nullable(),
    sign_ins_per_day: z.array(z.object({ date: z.iso.date(), count: z.int() })),
    by_device: tally,
    by_network: tally,
  })
  .meta({ id: 'OwnAnalytics' });

export const analyticsExample = {
  active_sessions: 2,
  total_sessions: 31,
  last_login_at: '2026-11-20T09:00:00.000Z',
  sign_ins_per_day: [{ date: '2026-11-20', count: 3 }],
  by_device: [{ name: 'Firefox on Linux', count: 20 }],
  by_network: [{ name: '192.0.2.0/24', count: 31 }],
};
