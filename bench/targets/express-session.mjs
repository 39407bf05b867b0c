/** express-session on connect-redis as their documentation shows them: GET, then EXPIRE. */
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';
import { answers } from '../support/child.mjs';
import { personNumber } from '../support/person.mjs';

const client = await createClient({ url: process.env.REDIS_URL }).connect();
const app = express();
app.use(
  session({
    store: new RedisStore({ client, prefix: 'express:' }),
    secret: 'b7e1c09d42f85a36b7e1c09d42f85a36',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 86_400_000 },
  }),
);
app.post('/signin/:number', (request, reply) => {
  request.session.person = personNumber(request.params.number);
  reply.sendStatus(204);
});
app.get('/session', ({ session: { person } }, reply) => {
  if (person) reply.json({ success: true, data: person });
  else reply.sendStatus(401);
});
const port = Number(process.env.PORT);
app.listen(port, '127.0.0.1');

answers('sessions', async ({ count }) => {
  const sessions = [];
  while (sessions.length < count) {
    const reply = await fetch(`http://127.0.0.1:${port}/signin/${sessions.length}`, { method: 'POST' });
    sessions.push({ cookie: reply.headers.get('set-cookie').split(';')[0] });
  }
  return sessions;
});
