import { emailText, humanText, instant } from '@app/http';
import { z } from 'zod';
import { propagation, username } from '../auth/auth.schemas.js';

export const profileBody = z
  .strictObject({
    email: emailText.optional(),
    username: username.nullable().optional(),
    full_name: humanText({ min: 1, max: 120 }).nullable().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'give at least one field', path: ['body'] })
  .meta({ id: 'ProfileRequest', example: { full_name: 'Ann Example' } });
export type ProfileBody = z.infer<typeof profileBody>;

export const profileView = z
  .object({
    id: z.string(),
    email: z.string(),
    username: z.string().nullable(),
    full_name: z.string().nullable(),
    role: z.enum(['user', 'admin']),
    /** Null without a picture; another picture has another address. */
    avatar_url: z.url().nullable(),
    created_at: instant,
  })
  .meta({ id: 'Profile' });

export const profileChangedView = profileView.extend({ propagation }).meta({ id: 'ProfileChanged' });

export const profileExample = {
  id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10',
  email: 'ann@example.com',
  username: null,
  full_name: 'Ann Example',
  role: 'user' as const,
  avatar_url: 'https://id.example.com/api/v1/avatars/mJ9kq0m6v5U6mC1yq1bq2c3Qw4rT7yU8iO9pA0sD1fG.webp',
  created_at: '2026-11-20T09:00:00.000Z',
};
