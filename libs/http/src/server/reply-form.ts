import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { routeConfig } from './route-config.js';

/** What the document promises of a reply, and the reply therefore keeps. */
interface ReplyForm {
  readonly schema: z.ZodType;
  /** `{ "success": true, "data": … }` around what the handler returns. */
  readonly isEnveloped: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly replyForm?: ReplyForm;
  }
}

export const repliesWith = (replyForm: ReplyForm): MethodDecorator => routeConfig({ replyForm });

/**
 * What the schema does not name is left out, and a reply that breaks it is an error of ours. A hook, because Nest's
 * interceptors would cost an observable and an async resource for each request. Refusals come as text and pass.
 */
export function keepReplyForms(server: FastifyInstance): void {
  server.addHook('preSerialization', (request, _reply, payload, done) => {
    const form = request.routeOptions.config.replyForm;
    if (!form) return done(null, payload);
    const reply = form.schema.safeParse(form.isEnveloped ? { success: true, data: payload } : payload);
    if (reply.success) return done(null, reply.data);
    const places = reply.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return done(new Error(`a reply breaks its schema: ${places.join('; ')}`));
  });
}
