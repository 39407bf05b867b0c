/**
 * The design of many tutorials: a signed token, then the blacklist, then the session, then its sliding expiry, one
 * after the other.
 */
import { UnauthorizedException } from '@nestjs/common';
import { Redis } from 'ioredis';
import { answers } from '../support/child.mjs';
import { claimsOf, tokenFor } from '../support/hs256.mjs';
import { serveNest } from '../support/nest.mjs';
import { personNumber } from '../support/person.mjs';

const ttl = 86_400;
const redis = new Redis(process.env.REDIS_URL);

class Guard {
  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    const { jti, sid } = claimsOf(request);
    if (await redis.get(`blacklist:${jti}`)) throw new UnauthorizedException();
    const session = await redis.get(`session:${sid}`);
    if (!session) throw new UnauthorizedException();
    await redis.expire(`session:${sid}`, ttl);
    request.person = JSON.parse(session);
    return true;
  }
}

await serveNest({ guard: Guard, read: ({ person }) => person });

answers('sessions', ({ count }) =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const person = personNumber(index);
      await redis.set(`session:${person.session.id}`, JSON.stringify(person), 'EX', ttl);
      return { authorization: `Bearer ${tokenFor(person)}` };
    }),
  ),
);
