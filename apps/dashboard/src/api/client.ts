import type { components, paths } from '@rollcall/client';
import createClient from 'openapi-fetch';
import { send } from './transport';

export type Schema = components['schemas'];

/** The documented API, typed. Refusals are thrown as ApiError by the transport. */
export const api = createClient<paths>({ fetch: send });

interface Envelope<T> {
  readonly data?: { readonly data: T };
}

/** What is inside the envelope of a reply. */
export async function dataOf<T>(reply: Promise<Envelope<T>>): Promise<T> {
  const { data } = await reply;
  if (data === undefined) throw new Error('a reply without a body');
  return data.data;
}
