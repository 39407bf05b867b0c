import { emailText, humanText, instant, passwordText } from '@app/http';
import { pageQuery } from '@app/http';
import { z } from 'zod';
import { propagation, username } from '../auth/auth.schemas.js';
import { reason } from './act.js';

export const userQuery = pageQuery.extend({
  /** The whole id, or how e-mail address, username or full name begin. */
  q: humanText({ min: 1, max: 254 }).optional(),
  role: z.enum(['user', 'admin']).optional(),
  state: z.enum(['active', 'disabled', 'locked']).optional(),
});
export type UserQuery = z.infer<typeof userQuery>;

export const newUserBody = z
  .strictObject({
    email: emailText,
    password: passwordText.optional(),
    username: username.optional(),
    full_name: humanText({ min: 1, max: 120 }).optional(),
    role: z.enum(['user', 'admin']).default('user'),
    reason,
  })
  .meta({
    id: 'NewUserRequest',
    example: { email: 'ann@example.com', full_name: 'Ann Example', role: 'user' },
  });
export type NewUserBody = z.infer<typeof newUserBody>;

export const roleBody = z
  .strictObject({ role: z.enum(['user', 'admin']), reason })
  .meta({ id: 'RoleRequest', example: { role: 'user', reason: 'has left the team' } });
export type RoleBody = z.infer<typeof roleBody>;

export const accountView = z
  .object({
    id: z.string(),
    email: z.string(),
    username: z.string().nullable(),
    full_name: z.string().nullable(),
    role: z.enum(['user', 'admin']),
    state: z.enum(['active', 'disabled']),
    disabled_at: instant.nullable(),
    /** Until when attempts to sign in have to wait, at least from somewhere. */
    locked_until: instant.nullable(),
    /** Since when another password has to be chosen before anything else. */
    password_change_required_at: instant.nullable(),
    created_at: instant,
    last_login_at: instant.nullable(),
  })
  .meta({ id: 'Account' });

export const accountDetailView = accountView.extend({ live_sessions: z.int() }).meta({ id: 'AccountDetail' });

export const accountListView = z
  .object({ users: z.array(accountView), count: z.int(), next_page_token: z.string().nullable() })
  .meta({ id: 'AccountList' });

export const newAccountView = accountView
  .extend({ generated_password: z.string().nullable() })
  .meta({ id: 'NewAccount' });

export const userSignedOutView = z
  .object({ id: z.string(), sessions_ended: z.int(), propagation })
  .meta({ id: 'AccountSignedOut' });

export const roleChangedView = accountView.extend({ propagation }).meta({ id: 'AccountRoleChanged' });

export const accountExample: z.input<typeof accountView> = {
  id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11',
  email: 'ann@example.com',
  username: 'ann',
  full_name: 'Ann Example',
  role: 'user',
  state: 'active',
  disabled_at: null,
  locked_until: null,
  password_change_required_at: null,
  created_at: '2026-11-01T09:00:00.000Z',
  last_login_at: '2026-11-20T09:00:00.000Z',
};

export const userSignedOutExample = {
  id: accountExample.id,
  sessions_ended: 2,
  propagation: 'complete' as const,
};
