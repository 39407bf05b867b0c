import { instant } from '@app/http';
import { z } from 'zod';
import { propagation } from '../auth/auth.schemas.js';

export const shareView = z
  .object({
    id: z.string(),
    label: z.string(),
    created_at: instant,
    expires_at: instant,
    redeemed_at: instant.nullable(),
    revoked_at: instant.nullable(),
    /** Of the session it has opened. */
    session_id: z.string().nullable(),
  })
  .meta({ id: 'Share' });

export const newShareView = shareView
  .extend({ token: z.string(), link: z.string() })
  .meta({ id: 'NewShare' });

export const shareListView = z
  .object({ shares: z.array(shareView), count: z.int() })
  .meta({ id: 'ShareList' });

export const shareEndedView = z.object({ id: z.string(), propagation }).meta({ id: 'EndedShare' });

export const shareExample = {
  id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11',
  label: 'Support, Bob',
  created_at: '2026-11-20T09:00:00.000Z',
  expires_at: '2026-11-20T09:30:00.000Z',
  redeemed_at: null,
  revoked_at: null,
  session_id: null,
};
