import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { routeConfig } from './route-config.js';

/** What the document promises of a reply, and the reply therefore keeps. */
interface ReplyForm {
  readonly schema: z.ZodType;
  /** `{ "success": true, "data": … }` around what the handler returns. */
  readonly isEnveloped: boolean;
}

/** With the texts of what cannot change any more and may be returned again. */
interface KeptForm extends ReplyForm {
  readonly texts: WeakMap<object, string>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly replyForm?: KeptForm;
  }
}

export const keptForm = (form: ReplyForm): KeptForm => ({ ...form, texts: new WeakMap() });

export const repliesWith = (form: ReplyForm): MethodDecorator => routeConfig({ replyForm: keptForm(form) });

/**
 * What the schema does not name is left out, and a reply that breaks it is an error of ours. A hook, because Nest's
 * interceptors would cost an observable and an async resource for each request. Refusals come as text and pass.
 */
export function keepReplyForms(server: FastifyInstance): void {
  server.addHook('preSerialization', (request, reply, payload, done) => {
    const form = request.routeOptions.config.replyForm;
    if (!form) return done(null, payload);
    try {
      const text = form.texts.get(payload as object) ?? textOf(payload, form);
      reply.serializer(asItIs);
      return done(null, text);
    } catch (error) {
      return done(error as Error);
    }
  });
}

/** A frozen object is checked and written once, however often the handler returns it. */
function textOf(payload: unknown, { schema, isEnveloped, texts }: KeptForm): string {
  const reply = schema.safeParse(isEnveloped ? { success: true, data: payload } : payload);
  if (!reply.success) {
    const places = reply.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`a reply breaks its schema: ${places.join('; ')}`);
  }
  const text = JSON.stringify(reply.data);
  if (Object.isFrozen(payload)) texts.set(payload as object, text);
  return text;
}

const asItIs = (text: unknown): string => text as string;
