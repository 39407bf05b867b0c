/** Nest on Fastify without a guard: the floor of everything built on Nest. */
import { personNumber } from '../support/person.mjs';
import { serveNest } from '../support/nest.mjs';

const data = personNumber(1);
await serveNest({ read: () => data });
