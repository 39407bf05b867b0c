import { instant } from '@app/http';
import { z } from 'zod';
import { propagation } from '../auth/auth.schemas.js';

export const sessionView = z
  .object({
    id: z.string(),
    user_id: z.string(),
    email: z.string().nullable(),
    created_at: instant,
    last_access: instant,
    expires_at: instant,
    ip_address: z.string(),
    user_agent: z.string().nullable(),
    device: z.object({
      browser: z.string().nullable(),
      os: z.string().nullable(),
      kind: z.enum(['desktop', 'mobile', 'tablet', 'tv', 'bot', 'other']),
    }),
    request_count: z.int(),
    ips_used: z.array(z.string()),
    duration_seconds: z.int(),
    is_active: z.boolean(),
    is_current: z.boolean(),
    /** Of the session that this one is a share of. */
    parent_id: z.string().nullable(),
    label: z.string().nullable(),
  })
  .meta({ id: 'Session' });

export const sessionListView = z
  .object({ sessions: z.array(sessionView), count: z.int() })
  .meta({ id: 'SessionList' });

export const endedView = z
  .object({ id: z.string(), end_reason: z.string(), ended_at: instant, propagation })
  .meta({ id: 'EndedSession' });

export const othersEndedView = z
  .object({ terminated: z.int(), kept: z.int(), propagation })
  .meta({ id: 'OtherSessionsEnded' });

export const sessionExample = {
  id: '9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857',
  user_id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10',
  email: 'ann@example.com',
  created_at: '2026-11-20T09:00:00.000Z',
  last_access: '2026-11-20T09:12:30.000Z',
  expires_at: '2026-11-27T09:00:00.000Z',
  ip_address: '192.0.2.17',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  device: { browser: 'Firefox', os: 'Linux', kind: 'desktop' as const },
  request_count: 42,
  ips_used: ['192.0.2.17'],
  duration_seconds: 750,
  is_active: true,
  is_current: true,
  parent_id: null,
  label: null,
};
