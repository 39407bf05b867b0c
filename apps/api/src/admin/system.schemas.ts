import { instant } from '@app/http';
import { z } from 'zod';

export const systemView = z
  .object({ readers: z.array(z.object({ name: z.string(), oldest_unread_at: instant.nullable() })) })
  .meta({ id: 'System' });

export const systemExample: z.input<typeof systemView> = {
  readers: [{ name: 'mail', oldest_unread_at: null }],
};
