/** Fastify alone: a route that knows the answer. */
import fastify from 'fastify';
import { personNumber } from '../support/person.mjs';

const data = personNumber(1);
const app = fastify();
app.get('/session', () => ({ success: true, data }));
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
