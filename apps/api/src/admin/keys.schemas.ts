import { instant } from '@app/http';
import { z } from 'zod';

const keyView = z
  .object({
    kid: z.string(),
    alg: z.literal('ES256'),
    state: z.enum(['next', 'signing', 'retired', 'withdrawn']),
    published_at: instant,
    signs_from: instant.nullable(),
    retired_at: instant.nullable(),
    withdrawn_at: instant.nullable(),
  })
  .meta({ id: 'SigningKey' });

export const keyListView = z
  .object({ keys: z.array(keyView), count: z.int() })
  .meta({ id: 'SigningKeyList' });

export const keyExample: z.input<typeof keyView> = {
  kid: 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
  alg: 'ES256',
  state: 'signing',
  published_at: '2026-08-20T09:00:00.000Z',
  signs_from: '2026-11-18T09:00:00.000Z',
  retired_at: null,
  withdrawn_at: null,
};
export const keyListExample: z.input<typeof keyListView> = { keys: [keyExample], count: 1 };
